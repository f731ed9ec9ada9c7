"""The command line before any command does something: help, versions, usage errors, and what is not imported."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from pathlib import Path

import pytest
import typer.main

from cosmosctl import __version__
from cosmosctl.cli.table import COMMANDS
from tests.support.cli import ROOT, clean_env, run_cli

HEAVY = ("boto3", "botocore", "moto", "kubernetes", "pydantic", "av", "numpy", "jinja2", "rich")


def commands() -> list[tuple[str, ...]]:
    """Every command and sub-command, as words."""
    found: list[tuple[str, ...]] = []
    for name in COMMANDS:
        command = typer.main.get_command(importlib.import_module(f"cosmosctl.cli.commands.{name}").app)
        children = getattr(command, "commands", None)
        found += [(name, child) for child in children] if children else [(name,)]
    return found


@pytest.mark.parametrize("words", commands(), ids=" ".join)
def test_every_command_has_help_with_two_examples(words: tuple[str, ...], tmp_path: Path) -> None:
    result = run_cli(*words, "--help", cwd=tmp_path).ok()
    assert result.out.count(f"cosmosctl {' '.join(words)}") >= 2, result.out
    assert "Examples:" in result.out


@pytest.mark.parametrize("name", COMMANDS)
def test_summaries_in_the_table_are_those_of_the_commands(name: str) -> None:
    command = typer.main.get_command(importlib.import_module(f"cosmosctl.cli.commands.{name}").app)
    assert (command.help or "").strip().splitlines()[0] == COMMANDS[name]


def test_help_and_version_import_nothing_heavy(tmp_path: Path) -> None:
    probe = (
        "import sys, json; from cosmosctl.cli.app import run; code = run(['--help']); "
        f"print(json.dumps([name for name in {HEAVY!r} if name in sys.modules]), file=sys.stderr); sys.exit(code)"
    )
    done = subprocess.run([sys.executable, "-c", probe], cwd=tmp_path, env=clean_env(tmp_path), capture_output=True, text=True, check=True)
    assert json.loads(done.stderr) == []


def test_version_answers_without_typer(tmp_path: Path) -> None:
    probe = "import sys; sys.argv = ['cosmosctl', '--version']; from cosmosctl.entry import main; main(); assert 'typer' not in sys.modules"
    done = subprocess.run([sys.executable, "-c", probe], cwd=tmp_path, env=clean_env(tmp_path), capture_output=True, text=True, check=True)
    assert done.stdout == f"cosmosctl {__version__}\n"


def test_completion_imports_nothing_heavy(tmp_path: Path) -> None:
    env = {"_COSMOSCTL_COMPLETE": "complete_bash", "COMP_WORDS": "cosmosctl deploy pre", "COMP_CWORD": "2"}
    result = run_cli(cwd=tmp_path, env=env)
    assert "predict" in result.out


def test_an_unknown_command_names_the_close_one(tmp_path: Path) -> None:
    result = run_cli("instal", cwd=tmp_path)
    assert result.code == 2
    assert "error[unknown_name]" in result.err
    assert "cosmosctl install" in result.err


def test_usage_errors_keep_the_json_envelope(tmp_path: Path) -> None:
    result = run_cli("status", "--no-such-option", "-o", "json", cwd=tmp_path)
    assert result.code == 2
    assert result.json["ok"] is False
    assert result.json["error"]["code"] == "usage"


def test_no_file_says_how_to_make_one(tmp_path: Path) -> None:
    result = run_cli("config", "validate", cwd=tmp_path)
    assert result.code == 3
    assert "cosmosctl init" in result.err
    assert list(tmp_path.iterdir()) == []


def test_init_writes_a_valid_file_and_does_not_overwrite_it(tmp_path: Path) -> None:
    run_cli("init", "--name", "lab", cwd=tmp_path).ok()
    assert run_cli("config", "get", "name", cwd=tmp_path).ok().out == "lab\n"
    assert run_cli("init", cwd=tmp_path).code == 2
    run_cli("init", "--force", "--name", "lab2", cwd=tmp_path).ok()


def test_origins_name_flag_environment_file_and_default(tmp_path: Path) -> None:
    run_cli("init", "--name", "lab", cwd=tmp_path).ok()
    result = run_cli(
        "config", "show", "--origins", "--set", "budget.monthly_usd=5", "-o", "json", cwd=tmp_path, env={"COSMOSCTL_REGION": "us-west-2"}
    ).ok()
    origins = result.json["data"]["origins"]
    assert "--set" in origins["budget.monthly_usd"]
    assert "COSMOSCTL_REGION" in origins["region"]
    assert origins["name"].startswith("cosmosctl.yaml:")
    assert origins["cluster.version"] == "default"


def test_the_repository_has_every_command_documented() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert [name for name in COMMANDS if name not in readme] == []
