"""Prompt priority and what may stand in a prompt file."""

from __future__ import annotations

from pathlib import Path

import pytest

from cosmosctl.media.errors import MediaError
from cosmosctl.media.prompts import Prompt, check_prompt, choose_prompt, metadata_prompt, read_sidecar

ALL = {"manifest": "m", "metadata": "s3", "sidecar": "file", "run": "r", "default": "d"}


@pytest.mark.parametrize("count", range(5))
def test_priority(count: int) -> None:
    names = list(ALL)[count:]
    assert choose_prompt(**{name: ALL[name] for name in names}) == Prompt(ALL[names[0]], names[0])


def test_blank_prompts_do_not_count() -> None:
    assert choose_prompt(manifest="  \n", run="r") == Prompt("r", "run")
    assert choose_prompt(default="") is None


def test_sidecar(tmp_path: Path) -> None:
    media = tmp_path / "a.mp4"
    assert read_sidecar(media) is None
    (tmp_path / "a.mp4.prompt.txt").write_bytes("\ufeff로봇이 컵을 잡는다\r\nslowly \n".encode())
    assert read_sidecar(media) == "로봇이 컵을 잡는다\nslowly"


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"", "prompt_empty"),
        (b" \n", "prompt_empty"),
        (b"\xff\xfea\x00", "prompt_not_utf8"),
        (b"a\x00b", "prompt_not_utf8"),
        (b"x" * 101, "prompt_too_long"),
        ("\U0001f600".encode() * 5000, "prompt_too_long"),
        (b"a\x1b[2Jb", "prompt_not_utf8"),
    ],
)
def test_unusable_sidecars(tmp_path: Path, raw: bytes, code: str) -> None:
    (tmp_path / "a.mp4.prompt.txt").write_bytes(raw)
    with pytest.raises(MediaError) as caught:
        read_sidecar(tmp_path / "a.mp4", max_chars=100)
    assert caught.value.code == code
    assert "a.mp4.prompt.txt" in caught.value.message


def test_metadata_keys_have_no_case_and_values_may_be_encoded() -> None:
    assert metadata_prompt({"Cosmos-Reason-Prompt": "Count"}, "cosmos-reason-prompt") == "Count"
    assert metadata_prompt({"x-amz-meta-cosmos-reason-prompt": "=?UTF-8?B?7Lu1?="}, "cosmos-reason-prompt") == "컵"
    assert metadata_prompt({"other": "x"}, "cosmos-reason-prompt") is None
    assert metadata_prompt(None, "cosmos-reason-prompt") is None


def test_prompts_from_flags_obey_the_same_rules() -> None:
    assert check_prompt("a\tb\r\nc ") == "a\tb\nc"
    with pytest.raises(MediaError):
        check_prompt("x" * 11, 10)
