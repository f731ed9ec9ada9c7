"""A token in a place where none belongs is refused and never repeated; and the hunt for secrets can find what it looks for.

The full cycle with planted secrets is in `test_full_cycle`: it shares the deployment.
"""

from __future__ import annotations

import base64
import gzip
import io
import json
import os
import secrets
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

from tests.support.cli import run_cli
from tests.support.hunt import Needles, Watch, in_files

TOKEN = f"hf_{secrets.token_hex(17)}"
NEEDLES = Needles({"token": TOKEN})


def zipped(body: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("inner.json", body)
    return buffer.getvalue()


@pytest.mark.parametrize(
    "body",
    [
        TOKEN.encode(),
        json.dumps({"a": [f"x{TOKEN}y"]}).encode(),
        gzip.compress(f"log {TOKEN}".encode()),
        zipped(TOKEN.encode()),
        *[base64.b64encode(b"#" * shift + TOKEN.encode() + b"\n") for shift in range(4)],
    ],
    ids=["plain", "json", "gzip", "zip", "base64+0", "base64+1", "base64+2", "base64+3"],
)
def test_the_hunt_finds_a_planted_value(body: bytes, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(body)
    assert in_files(tmp_path, NEEDLES) == ["token: file"]
    assert not Needles({"other": secrets.token_hex(20)}).found_in(body)


def test_the_watch_sees_command_lines_and_environments(tmp_path: Path) -> None:
    quiet = {"PATH": os.environ["PATH"]}
    for argv, env in (([TOKEN], quiet), ([], {**quiet, "HF_TOKEN": TOKEN})):
        with Watch(tmp_path, NEEDLES) as watch:
            child = subprocess.Popen([sys.executable, "-c", "input()", *argv], cwd=tmp_path, env=env, stdin=subprocess.PIPE)
            try:
                end = time.monotonic() + 10  # the child shows its own command line only once it has started
                while not (watch.argv or watch.environ) and time.monotonic() < end:
                    watch.sample()
                    time.sleep(0.02)
            finally:
                child.communicate(b"\n", timeout=30)
        assert (bool(watch.argv), bool(watch.environ)) == (bool(argv), "HF_TOKEN" in env)


@pytest.mark.parametrize("output", ["text", "json"])
@pytest.mark.parametrize(
    "pasted",
    [
        f"huggingface: {{token_env: {TOKEN}}}",
        f"huggingface: {{token: {TOKEN}}}",
        f"tags: {{owner: {TOKEN}}}\nbudget: {{monthly_usd: {TOKEN}}}",
        f"{TOKEN}: 1",
    ],
    ids=["as the variable's name", "as an unknown key's value", "as a number", "as a key"],
)
def test_a_pasted_token_is_refused_and_not_repeated(pasted: str, output: str, tmp_path: Path) -> None:
    (tmp_path / "cosmosctl.yaml").write_text(f"version: 1\nname: demo\n{pasted}\n", encoding="utf-8")
    for command in (["config", "validate"], ["install", "--yes"]):
        done = run_cli(*command, "-o", output, cwd=tmp_path)
        assert done.code == 3, done
        assert not NEEDLES.found_in(f"{done.out}\n{done.err}".encode())
        assert "cosmosctl.yaml:" in done.out + done.err  # the place is named all the same
    assert not (tmp_path / ".cosmosctl").exists()


def test_a_token_on_the_command_line_is_refused_and_not_repeated(tmp_path: Path) -> None:
    run_cli("init", "--name", "demo", cwd=tmp_path).ok()
    done = run_cli("install", "--yes", "--set", f"huggingface.token_env={TOKEN}", cwd=tmp_path)
    assert done.code == 3, done
    assert not NEEDLES.found_in(f"{done.out}\n{done.err}".encode())
    assert not (tmp_path / ".cosmosctl").exists()
