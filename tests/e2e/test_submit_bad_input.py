"""Wrong inputs of `submit` on a true deployment: status, code, place, hint, and boto3 sees that nothing was sent."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cosmosctl.cli import output
from cosmosctl.cli.app import run
from tests.cli.cases.bad_media import SubmitCase
from tests.cli.cases.submit_cases import GOOD, SUBMIT_CASES
from tests.e2e.fixtures_installed import installed, installed_once, template  # noqa: F401
from tests.support.deployment import Deployed
from tests.support.looking import Objects, jobs

pytestmark = pytest.mark.xdist_group("installed-a")


@pytest.fixture
def here(installed: Deployed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:  # noqa: F811
    """An empty folder from which commands reach the shared deployment."""
    for key in list(os.environ):
        if key.startswith(("COSMOSCTL_", "AWS_", "HF_")):
            monkeypatch.delenv(key)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COSMOSCTL_FILE", str(installed.folder / "cosmosctl.yaml"))
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.chdir(folder)
    yield folder
    output.LOG_PATH.clear()


def sent(made: Deployed) -> tuple[dict[str, list[str]], set[str], list[str]]:
    """All that a submission leaves: object versions, jobs, and the memory of unfinished submissions."""
    ledger = sorted(path.name for path in (made.workdir / "submissions").glob("*"))
    return Objects(made).versions, {job["jobId"] for job in jobs(made)}, ledger


def answer_of(argv: list[str], capsys: pytest.CaptureFixture[str]) -> tuple[int, dict[str, Any]]:
    status = run([*argv, "-o", "json"])
    return status, json.loads(capsys.readouterr().out)


@pytest.mark.parametrize("case", SUBMIT_CASES, ids=lambda case: case.id)
def test_wrong_input(case: SubmitCase, installed: Deployed, here: Path, capsys: pytest.CaptureFixture[str]) -> None:  # noqa: F811
    case.make(here)
    argv = [word.replace("{bucket}", installed.names.data_bucket) for word in case.argv]
    before = sent(installed)
    status, answer = answer_of(["submit", *argv], capsys)
    assert sent(installed) == before, "a wrong submission left something"
    assert answer["ok"] is False
    error = answer["error"]
    assert (status, error["code"]) == (case.status, case.code), answer
    assert case.path in error["path"], error
    found = [item for item in answer.get("findings", []) if item["level"] == "error"]
    if case.rule:
        assert found, answer
        assert found[0]["rule"] == case.rule, found
        assert case.hint in found[0]["hint"], found
    else:
        assert case.hint in error["hint"] + "".join(item["hint"] for item in found), answer
    if case.line:
        assert found[0]["location"].startswith(f"m.jsonl:{case.line}:"), found


def test_all_findings_come_at_once(installed: Deployed, here: Path, capsys: pytest.CaptureFixture[str]) -> None:  # noqa: F811
    for name in ("a.mp4", "b.mp4", "c.mp4"):
        (here / name).write_bytes(b"")
    GOOD(here)
    before = sent(installed)
    status, answer = answer_of(["submit", "reason", ".", "--param", "temperature=9", "--param", "top=1"], capsys)
    assert sent(installed) == before
    assert status == 3
    paths = {item["path"] for item in answer["findings"]}
    assert {"a.mp4", "b.mp4", "c.mp4"} <= paths
    assert any("temperature" in path for path in paths)
    assert any("top" in path for path in paths)
    assert "x.mp4" not in paths


def test_there_are_enough_cases() -> None:
    assert len(SUBMIT_CASES) >= 35
    assert len({case.id for case in SUBMIT_CASES}) == len(SUBMIT_CASES)
