"""Documents say what is so: commands parse, files and tests that are named exist, two languages agree, nothing leaks in."""

from __future__ import annotations

import ast
import importlib
import re
import shlex
import subprocess
from dataclasses import replace
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

import pytest
import typer.main

from cosmosctl.checks.diagnose import causes, diagnose
from cosmosctl.cli.table import COMMANDS
from cosmosctl.worker.exits import Exit
from tests.unit.test_doctor_causes import CASES, HEALTHY

ROOT = Path(__file__).resolve().parents[2]
READMES = ("README.md", "README.ko.md")
PAGES = (*READMES, "CONTRIBUTING.md", *(f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md")))
TRAPS = range(1, 44)
WITHOUT_A_TEST = "Cannot occur"


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


# -- evidence -------------------------------------------------------------------------------------------------------


@cache
def names_in(path: str) -> set[str]:
    """Names of the tests in a file: functions of Python, runs of Terraform."""
    body = text(path)
    if path.endswith(".hcl"):
        return set(re.findall(r'^run "(\w+)" \{', body, re.MULTILINE))
    return {node.name for node in ast.walk(ast.parse(body)) if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")}


def named_tests(body: str) -> list[tuple[str, str]]:
    return re.findall(r"`((?:tests|infra)/[\w./-]+\.(?:py|hcl))::(\w+)`", body)


def test_every_test_that_evidence_names_exists() -> None:
    named = named_tests(text("docs/evidence.md"))
    assert len(named) > 100
    missing = [f"{path}::{name}" for path, name in named if not (ROOT / path).is_file() or name not in names_in(path)]
    assert missing == []


def test_every_trap_has_a_test_or_a_reason() -> None:
    rows = dict(re.findall(r"^\| (\d+) \| (.+) \|$", text("docs/evidence.md"), re.MULTILINE))
    assert sorted(int(number) for number in rows) == list(TRAPS)
    bare = [number for number, row in rows.items() if not named_tests(row) and WITHOUT_A_TEST not in row]
    assert bare == []
    assert sum(WITHOUT_A_TEST in row for row in rows.values()) <= 3, "a test says more than a sentence"


# -- commands -------------------------------------------------------------------------------------------------------


def shown(page: str) -> list[str]:
    """Commands of the console blocks, without their comments."""
    blocks = re.findall(r"```console\n(.*?)```", text(page), re.DOTALL)
    return [re.sub(r"\s+#.*$", "", line[2:]).strip() for block in blocks for line in block.splitlines() if line.startswith("$ ")]


def inline(page: str) -> list[str]:
    """`cosmosctl ...` in running text and tables; `a|b` means each of them, `[X]` may be left out."""
    found = re.findall(r"`(cosmosctl [^`\n]+|make [a-z]+|\./install\.sh[^`]*)`", text(page))
    return [" ".join(words) for line in found for words in product(*(_choices(word) for word in line.replace("\\|", "|").split()))]


def _choices(word: str) -> list[str]:
    return word.strip("[]").replace("...", "").split("|") if "=" not in word else [word.strip("[]")]


def parse(line: str) -> None:
    """Raises when the command, or an option of it, does not exist."""
    words = shlex.split(line)
    if words[0] == "make":
        assert re.search(rf"^{words[1]}:", text("Makefile"), re.MULTILINE), line
    elif words[0] == "./install.sh":
        usage = subprocess.run([ROOT / "install.sh", "--help"], capture_output=True, text=True, check=True, stdin=subprocess.DEVNULL).stdout
        assert [word for word in words if word.startswith("--") and word not in usage] == [], line
    elif Path(words[0]).name == "cosmosctl":
        _parse_cli(line, words[1:])
    else:
        raise AssertionError(f"what is {line!r}?")


def _parse_cli(line: str, words: list[str]) -> None:
    assert words[0].rstrip(",") in COMMANDS or words[0].startswith("-"), line
    if words[0].startswith("-"):
        return
    command: Any = typer.main.get_command(importlib.import_module(f"cosmosctl.cli.commands.{words[0]}").app)
    rest = words[1:]
    while rest and getattr(command, "commands", None):
        assert rest[0] in command.commands, line
        command, rest = command.commands[rest[0]], rest[1:]
    if rest or not getattr(command, "commands", None):
        options = {name for parameter in command.params for name in (*parameter.opts, *parameter.secondary_opts)} | {"--help"}
        assert [word for word in rest if word.startswith("-") and word.partition("=")[0] not in options] == [], line
        arguments = [parameter for parameter in command.params if parameter.param_type_name == "argument"]
        bare = [word for at, word in enumerate(rest) if not word.startswith("-") and not rest[max(0, at - 1)].startswith("--")]
        assert arguments or not bare, f"{line}: takes no arguments"


@pytest.mark.parametrize("page", PAGES)
def test_every_command_that_is_shown_exists_with_its_options(page: str) -> None:
    for line in (*shown(page), *inline(page)):
        parse(line)


def test_wrong_commands_would_be_noticed() -> None:
    for line in (
        "cosmosctl instal",
        "cosmosctl submit predict --wiat",
        "make dmeo",
        "./install.sh --tragte aws",
        "cosmosctl runs lst",
        "cosmosctl versions all",
    ):
        with pytest.raises(AssertionError):
            parse(line)


def test_both_readmes_show_the_same_commands() -> None:
    english, korean = (shown(page) for page in READMES)
    assert english == korean
    assert english[:2] == ["make demo", "make test"]
    verbs = [{line.split()[1] for line in inline(page) if line.startswith("cosmosctl ")} for page in READMES]
    assert verbs[1] <= verbs[0]
    for word in ("docs/evidence.md", "Built on NVIDIA Cosmos", "baseline"):
        assert all(word in text(page) for page in READMES)


# -- files ----------------------------------------------------------------------------------------------------------

EXAMPLES = ("caption", "queue_alerts", "echo")  # what the worked examples of CONTRIBUTING would add


def test_paths_that_contributing_names_exist() -> None:
    named = re.findall(r"`([\w.*-]+(?:/[\w.*-]+)+/?)`", text("CONTRIBUTING.md"))
    real = [path for path in named if not any(word in path for word in EXAMPLES)]
    assert len(real) >= 5
    places = (ROOT, ROOT / "cosmosctl" / "worker", ROOT / "infra" / "modules" / "network")
    assert [path for path in real if not any([*place.glob(path.rstrip("/")), *place.glob(f"{path}.py")] for place in places)] == []


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page: str) -> None:
    targets = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text(page))
    assert [item for item in targets if not ((ROOT / page).parent / item).exists()] == []


# -- troubleshooting ------------------------------------------------------------------------------------------------


def rows() -> dict[str, list[str]]:
    """Cause to its other cells."""
    lines = re.findall(r"^\| `(\w+)` \| (.+) \|$", text("docs/troubleshooting.md"), re.MULTILINE)
    assert len({cause for cause, _ in lines}) == len(lines), "a cause is explained twice"
    return {cause: cells.split(" | ") for cause, cells in lines}


def test_troubleshooting_explains_exactly_the_causes_of_doctor() -> None:
    assert sorted(rows()) == causes()
    assert [cause for cause, cells in rows().items() if len(cells) != 3 or not all(cell.strip() for cell in cells)] == []


def test_the_next_command_is_the_one_that_doctor_names() -> None:
    said: dict[str, str] = {}
    for cause, _, changes, _ in CASES:
        for item in diagnose(replace(HEALTHY, **changes)):
            if item.cause == cause:
                said[cause] = f"{said.get(cause, '')} {item.hint}"
    wrong = []
    for cause, cells in rows().items():
        for command in re.findall(r"`((?:cosmosctl|aws) [^`]+)`", cells[2]):
            start = " ".join(command.split()[:2])
            if start not in said[cause] and command != "cosmosctl runs retry RUN":
                wrong.append(f"{cause}: {command}")
    assert wrong == []


def test_exit_statuses_are_those_of_the_worker() -> None:
    table = text("docs/architecture.md").partition("## Exit status")[2].partition("##")[0]
    named = {
        int(cells[2])
        for cells in (line.strip("|").split("|") for line in table.splitlines() if line.startswith("| "))
        if cells[2].strip().isdigit()
    }
    assert named == {int(code) for code in Exit}


# -- what must not be in any file ---------------------------------------------------------------------------------------

MACHINE = ("/" + "work/", "/" + "root/.", "file" + "s.pythonhosted", "py" + "pi.org")
MAKING = (r"\bDESI" + r"GN(\.md| \d)", r"\bissue" + r" #?\d", r"\bproto" + r"type(s)?/", r"\bClau" + r"de\b", r"\bChat" + r"GPT\b")
NOT_TEXT = {".mp4", ".jpg", ".jpeg", ".png", ".webp", ".gif"}


def tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    if listed.returncode:
        pytest.skip("not a git checkout")
    return [ROOT / name for name in listed.stdout.decode().split("\0") if name and (ROOT / name).is_file()]


def test_files_hold_nothing_of_the_machine_they_were_written_on() -> None:
    wrong = []
    for path in tracked():
        if path.suffix in NOT_TEXT:
            continue
        body = path.read_text(encoding="utf-8")
        wrong += [f"{path.relative_to(ROOT)}: {word}" for word in MACHINE if word in body]
        wrong += [f"{path.relative_to(ROOT)}: {found[0]}" for word in MAKING if (found := re.search(word, body))]
    assert wrong == []


# -- the gates themselves -------------------------------------------------------------------------------------------------


def test_no_gate_swallows_a_failure() -> None:
    for name in ("scripts/lint.sh", "scripts/test.sh"):
        body = text(name)
        assert "|| true" not in body, name
        assert re.search(r"^set -[eu]*uo pipefail$", body, re.MULTILINE), name
    assert re.search(r"^set -euo pipefail$", text("scripts/test.sh"), re.MULTILINE)
    assert text("scripts/lint.sh").rstrip().endswith("exit $bad")
    assert text(".ci/run").rstrip().splitlines()[-1] == "make test"
    for gate in ("ruff", "mypy", "lint-imports", "terraform fmt"):
        assert gate in text("scripts/lint.sh"), gate


def test_every_blueprint_that_is_shipped_is_named_in_tests_and_readme() -> None:
    bodies = [path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("test_*.py") if path != Path(__file__)]
    for folder in (ROOT / "blueprints").iterdir():
        assert f"`{folder.name}`" in text("README.md")
        assert sum(f'"{folder.name}"' in body for body in bodies) >= 3, folder.name
