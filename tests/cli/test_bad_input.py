"""Every wrong configuration, flag and surrounding through the command line: status, code, place, hint, nothing created."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from cosmosctl.cli import output
from cosmosctl.cli.app import run
from cosmosctl.errors import ERROR_CODES
from tests.cli.cases.config_cases import CONFIG_CASES
from tests.cli.cases.kinds import ConfigCase
from tests.support.cli import run_cli

VALID = "name: demo\n"


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty folder, a home without AWS settings, no variables of ours."""
    for key in list(os.environ):
        if key.startswith(("COSMOSCTL_", "AWS_", "HF_")):
            monkeypatch.delenv(key)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.chdir(folder)
    yield folder
    output.LOG_PATH.clear()


def envelope(argv: list[str], capsys: pytest.CaptureFixture[str]) -> tuple[int, dict[str, Any]]:
    status = run([*argv, "-o", "json"])
    return status, json.loads(capsys.readouterr().out)


@pytest.mark.parametrize("case", CONFIG_CASES, ids=lambda case: case.id)
def test_wrong_configuration(case: ConfigCase, shell: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    raw = case.text if isinstance(case.text, bytes) else case.text.encode()
    (shell / "cosmosctl.yaml").write_bytes(raw)
    for key, value in case.env.items():
        monkeypatch.setenv(key, value)
    sets = [word for item in case.sets for word in ("--set", item)]
    status, answer = envelope(["install", "--yes", *sets], capsys)
    assert answer["ok"] is False
    assert answer["error"]["code"] == case.code
    assert status == int(ERROR_CODES[case.code])
    if case.rule:
        found = next(item for item in answer["findings"] if item["rule"] == case.rule and item["path"] == case.path)
        assert case.hint in found["hint"]
        if case.place:
            assert found["location"] == f"cosmosctl.yaml:{case.place[0]}:{case.place[1]}"
    else:
        assert case.hint in answer["error"]["hint"]
    assert [path.name for path in shell.iterdir()] == ["cosmosctl.yaml"]


def test_all_findings_of_a_file_come_at_once(shell: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (shell / "cosmosctl.yaml").write_text("name: Demo\nregoin: x\nnetwork: {zones: 9, nat: none}\nbudget: {monthly_usd: 0}\n")
    status, answer = envelope(["install"], capsys)
    assert status == 3
    assert {item["path"] for item in answer["findings"]} >= {"name", "regoin", "network.zones", "budget.monthly_usd"}


@dataclass(frozen=True)
class FlagCase:
    id: str
    argv: tuple[str, ...]
    status: int
    code: str
    path: str = ""
    hint: str = ""
    config: str | None = VALID
    env: dict[str, str] = field(default_factory=dict)


FLAGS = [
    FlagCase("unknown-command", ("instal",), 2, "unknown_name", "instal", "cosmosctl install"),
    FlagCase("unknown-option", ("install", "--forse"), 2, "usage", "install", "--help"),
    FlagCase("unknown-subcommand", ("runs", "lst"), 2, "usage", "runs", "--help"),
    FlagCase("option-without-value", ("install", "--set"), 2, "usage", "install", "--help"),
    FlagCase("no-number", ("runs", "list", "--limit", "many"), 2, "usage", "list", "--help"),
    FlagCase("number-out-of-range", ("logs", "--lines", "0"), 2, "usage", "logs", "--help"),
    FlagCase("bad-output", ("status", "-o", "yaml"), 2, "usage", "status", "--help"),
    FlagCase("missing-argument", ("deploy",), 2, "usage", "deploy", "--help"),
    FlagCase("unknown-blueprint", ("blueprints", "show", "predcit"), 2, "unknown_name", "predcit", "predict"),
    FlagCase("submit-unknown-blueprint", ("submit", "raeson", "a.mp4"), 2, "unknown_name", "raeson", "reason"),
    FlagCase("param-without-value", ("submit", "predict", "a.mp4", "--param", "seed"), 3, "invalid_parameter", "--param", "--param seed=7"),
    FlagCase(
        "param-twice", ("submit", "predict", "a.mp4", "--param", "seed=1", "--param", "seed=2"), 3, "invalid_parameter", "--param", "once"
    ),
    FlagCase("no-file", ("install",), 3, "config_not_found", "", "cosmosctl init", config=None),
    FlagCase("file-missing", ("-f", "x.yaml"), 2, "usage", "", "--help"),
    FlagCase("file-not-there", ("install", "-f", "x.yaml"), 3, "config_not_found", "x.yaml", ""),
    FlagCase("file-is-a-folder", ("install", "-f", "."), 3, "invalid_config", "", ""),
    FlagCase("environment-names-no-file", ("config", "validate"), 3, "config_not_found", "y.yaml", "", env={"COSMOSCTL_FILE": "y.yaml"}),
    FlagCase("unknown-key", ("config", "get", "network.zone"), 2, "unknown_name", "network.zone", "network.zones"),
    FlagCase("init-over-a-file", ("init",), 2, "usage", "cosmosctl.yaml", "--force"),
    FlagCase("init-bad-name", ("init", "--force", "--name", "My Lab"), 3, "invalid_config", "name", ""),
    FlagCase("init-bad-target", ("init", "--force", "--target", "azure"), 3, "invalid_config", "target", ""),
    FlagCase("no-credentials", ("plan", "--set", "target=aws"), 4, "no_credentials", "", "aws sso login"),
    FlagCase(
        "profile-not-there",
        ("install", "--set", "target=aws", "--yes"),
        4,
        "no_credentials",
        "",
        "AWS_PROFILE",
        env={"AWS_PROFILE": "nobody"},
    ),
]


@pytest.mark.parametrize("case", FLAGS, ids=lambda case: case.id)
def test_wrong_flags_and_surroundings(
    case: FlagCase, shell: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    if case.config is not None:
        (shell / "cosmosctl.yaml").write_text(case.config)
    for key, value in {"AWS_EC2_METADATA_DISABLED": "true", **case.env}.items():
        monkeypatch.setenv(key, value)
    status, answer = envelope(list(case.argv), capsys) if "-o" not in case.argv else (run(list(case.argv)), None)
    if answer is None:
        assert status == case.status
        assert f"error[{case.code}]" in capsys.readouterr().err
        return
    assert (status, answer["error"]["code"]) == (case.status, case.code), answer
    assert case.path in answer["error"]["path"]
    assert case.hint in answer["error"]["hint"]
    assert {path.name for path in shell.iterdir()} <= {"cosmosctl.yaml", ".cosmosctl"}
    assert not list(shell.glob(".cosmosctl/*/sandbox")), "a wrong command must not start anything"


def test_confirmation_is_required_without_a_terminal(tmp_path: Path) -> None:
    (tmp_path / "cosmosctl.yaml").write_text(VALID)
    result = run_cli("sandbox", "reset", cwd=tmp_path)
    assert result.code == 2
    assert "error[confirmation_required]" in result.err
    assert "--yes" in result.err
