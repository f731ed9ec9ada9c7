"""A user's manifest: everything wrong is said at once, with its line, and nothing right is changed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cosmosctl.errors import CosmosctlError
from cosmosctl.findings import Level
from cosmosctl.runs import user_manifest
from cosmosctl.runs.entry_rules import Entry, ManifestRules, ParamRule, param_problem
from cosmosctl.runs.user_manifest import ManifestLog, entries

RULES = ManifestRules(
    tasks={"text2world": "none", "image2world": "image", "video2world": "video"},
    kinds={".mp4": "video", ".png": "image"},
    params={
        "seed": ParamRule(int, 0, 100),
        "guidance": ParamRule(float, 0, 20),
        "mode": ParamRule(str, choices=("a", "b")),
        "hq": ParamRule(bool),
    },
    prompt_required=frozenset({"text2world"}),
    prompt_max=100,
)


def read(tmp_path: Path, content: bytes | str, rules: ManifestRules = RULES) -> tuple[list[Entry], ManifestLog]:
    path = tmp_path / "m.jsonl"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    log = ManifestLog("m.jsonl")
    return list(entries(path, rules, log)), log


def rules_of(log: ManifestLog) -> list[tuple[int, str]]:
    return [(finding.location.line if finding.location else 0, finding.rule) for finding in log.findings]


def test_valid_lines_become_entries(tmp_path: Path) -> None:
    content = '{"input": "a/b/x.mp4", "params": {"seed": 3}}\n\n{"input": "y.PNG", "id": "one"}\r\n{"prompt": "a robot"}'
    found, log = read(tmp_path, content)
    assert not log.findings
    first, second = ((e.line, e.kind, e.task, e.output) for e in found[:2])
    assert first == (1, "video", "video2world", "a/b/x")
    assert second == (3, "image", "image2world", "y")
    assert (found[2].task, found[2].kind, found[2].output) == ("text2world", "none", found[2].id)
    assert found[1].id == "one"


@pytest.mark.parametrize(
    ("line", "rule", "words"),
    [
        ('{"input": "a.mp4", "promt": "x"}', "unknown_key", "did you mean `prompt`?"),
        ('{"input": "a.mp4"', "bad_json", "one JSON object"),
        ("[1]", "not_an_object", "e.g."),
        ('"a.mp4"', "not_an_object", "e.g."),
        ("NaN", "bad_json", "one JSON"),
        ('{"input": "a.mp4", "params": {"guidance": NaN}}', "bad_json", "one JSON"),
        ("[" * 100_000, "bad_json", "one JSON"),
        ('{"input": 5}', "bad_type", ""),
        ('{"input": "a.gif"}', "unsupported_type", ".mp4 .png"),
        ('{"input": "a.mp4", "task": "image2world"}', "wrong_media", ""),
        ('{"input": "a.mp4", "task": "vdeo2world"}', "unknown_task", "did you mean `video2world`?"),
        ('{"input": "a.mp4", "params": {"sed": 1}}', "unknown_parameter", "did you mean `seed`?"),
        ('{"input": "a.mp4", "params": {"seed": "1"}}', "bad_parameter", ""),
        ('{"input": "a.mp4", "params": {"seed": true}}', "bad_parameter", ""),
        ('{"input": "a.mp4", "params": {"seed": 101}}', "bad_parameter", ""),
        ('{"input": "a.mp4", "params": {"guidance": -1}}', "bad_parameter", ""),
        ('{"input": "a.mp4", "params": {"guidance": 1e999}}', "bad_parameter", ""),
        ('{"input": "a.mp4", "params": {"mode": "c"}}', "bad_parameter", ""),
        ('{"input": "a.mp4", "params": [1]}', "bad_type", ""),
        ('{"input": "a.mp4", "id": "../x"}', "bad_id", ""),
        ('{"input": "a.mp4", "output": "../x"}', "unsafe_path", ""),
        ('{"input": "a\\u0000.mp4"}', "bad_text", ""),
        ("{}", "prompt_missing", "--prompt"),
        (json.dumps({"input": "a.mp4", "prompt": "x" * 101}), "prompt_too_long", ""),
    ],
)
def test_a_bad_line_is_named_with_its_number(tmp_path: Path, line: str, rule: str, words: str) -> None:
    found, log = read(tmp_path, '{"input": "good.mp4"}\n' + line + "\n")
    assert [entry.input for entry in found] == ["good.mp4"]
    assert rules_of(log) == [(2, rule)]
    assert words in log.findings[0].hint
    with pytest.raises(CosmosctlError) as caught:
        log.raise_if_failed()
    assert caught.value.code == "invalid_manifest"
    assert caught.value.location is not None
    assert str(caught.value.location).startswith("m.jsonl:2:")


def test_all_problems_of_all_lines_at_once(tmp_path: Path) -> None:
    _, log = read(tmp_path, '{"inptu": "a.mp4", "id": 3, "params": {"x": 1}}\n{"input": "a.gif"}\n{oops}\n')
    assert {rule for line, rule in rules_of(log) if line == 1} == {"unknown_key", "bad_type", "unknown_parameter", "prompt_missing"}
    assert {line for line, _ in rules_of(log)} == {1, 2, 3}


def test_findings_are_bounded_and_counted(tmp_path: Path) -> None:
    _, log = read(tmp_path, "nope\n" * 5000)
    assert (len(log.findings), log.left_out) == (100, 4900)
    with pytest.raises(CosmosctlError, match="5000 problems"):
        log.raise_if_failed()


def test_byte_order_mark_is_a_warning(tmp_path: Path) -> None:
    found, log = read(tmp_path, b'\xef\xbb\xbf{"input": "a.mp4"}\r\n')
    assert len(found) == 1
    assert [(finding.level, finding.rule) for finding in log.findings] == [(Level.WARNING, "byte_order_mark")]
    log.raise_if_failed()


def test_other_encodings_are_refused(tmp_path: Path) -> None:
    _, log = read(tmp_path, '{"input": "é.mp4"}\n'.encode("latin-1"))
    assert rules_of(log) == [(1, "bad_encoding")]
    _, log = read(tmp_path, '{"input": "a.mp4"}\n'.encode("utf-16"))
    assert log.failed


def test_a_huge_line_is_skipped_in_bounded_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(user_manifest, "LINE_LIMIT", 200)
    found, log = read(tmp_path, '{"input": "a.mp4"}\n' + '{"prompt": "' + "x" * 1000 + '"}\n{"input": "b.mp4"}\n')
    assert [entry.input for entry in found] == ["a.mp4", "b.mp4"]
    assert rules_of(log) == [(2, "line_too_long")]


@pytest.mark.parametrize("content", ["", "\n\n  \n"])
def test_an_empty_manifest_is_refused(tmp_path: Path, content: str) -> None:
    _, log = read(tmp_path, content)
    assert rules_of(log) == [(1, "empty_manifest")]


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(CosmosctlError) as caught:
        list(entries(tmp_path / "none.jsonl", RULES, ManifestLog("none.jsonl")))
    assert caught.value.code == "invalid_manifest"


def test_duplicates_name_the_line_they_repeat(tmp_path: Path) -> None:
    _, log = read(tmp_path, '{"input": "a.mp4"}\n{"input": "b.mp4", "id": "x"}\n{"input": "a.mp4"}\n{"input": "c.mp4", "id": "x"}\n')
    assert rules_of(log) == [(3, "duplicate_id"), (4, "duplicate_id")]
    assert "line 1" in log.findings[0].message
    assert "line 2" in log.findings[1].message


def test_equal_hashes_of_different_ids_lose_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(user_manifest, "hash64", lambda text: 7)
    found, log = read(tmp_path, "".join(f'{{"input": "{name}.mp4"}}\n' for name in "abc"))
    assert not log.findings
    assert len({entry.id for entry in found}) == len({entry.output for entry in found}) == 3


def test_equal_outputs_are_told_apart(tmp_path: Path) -> None:
    content = '{"input": "a.mp4", "prompt": "one"}\n{"input": "a.mp4", "prompt": "two"}\n{"input": "s3://other/x/a.mp4"}\n'
    found, log = read(tmp_path, content)
    assert not log.findings
    assert found[0].output == "a"
    assert found[2].output == "x/a"
    assert len({entry.output for entry in found}) == 3


@given(value=st.one_of(st.none(), st.integers(), st.floats(), st.text(max_size=5), st.booleans(), st.lists(st.integers(), max_size=2)))
def test_parameter_rules_never_raise(value: object) -> None:
    for rule in RULES.params.values():
        assert isinstance(param_problem(value, rule), str)
