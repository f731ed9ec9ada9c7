"""Rules that every module and stack keeps, read from the text: no provider is needed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.stacks.hcl import blocks, variables
from tests.stacks.terraform import INFRA, MODULES, STACKS, Terraform

FOLDERS = [*(f"modules/{name}" for name in MODULES), *(f"stacks/{name}" for name in STACKS)]
UNVALIDATED_TYPES = ("bool",)  # true and false are both fine


def test_formatted(terraform: Terraform, infra: Path) -> None:
    done = terraform.run(infra, "fmt", "-check", "-recursive", ok=(0, 3))
    assert done.returncode == 0, f"terraform fmt would change: {done.stdout}"


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_variable_is_typed_described_and_validated(folder: str) -> None:
    found = variables(INFRA / folder)
    assert found, "a folder without variables describes nothing"
    for name, body in found.items():
        kind = re.search(r"^  type\s+= (.+)$", body, re.MULTILINE)
        assert kind, f"{name} has no type"
        assert "any" not in re.findall(r"\w+", kind[1]), f"{name} is of type any"
        description = re.search(r'^  description = "(.+)"$', body, re.MULTILINE)
        assert description, f"{name} has no description"
        assert len(description[1]) > 15, f"{name}: a description says what it is for"
        off = re.search(r"^  default\s+= null$", body, re.MULTILINE)
        assert bool(off) != bool(re.search(r"^  nullable\s+= false$", body, re.MULTILINE)), f"{name}: nullable only when null means off"
        if kind[1] not in UNVALIDATED_TYPES:
            assert "validation {" in body, f"{name} has no validation"
        for message in re.findall(r'error_message = "(.*)"$', body, re.MULTILINE):
            assert message.startswith(f"`{name}"), f"{name}: a message begins with the variable it is about: {message}"


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_output_is_described(folder: str) -> None:
    found = list(blocks(INFRA / folder, "output"))
    assert found
    for _, name, body in found:
        assert re.search(r'^  description = ".+"$', body, re.MULTILINE), f"{name} has no description"


@pytest.mark.parametrize("module", MODULES)
def test_modules_are_complete_and_hold_no_provider(module: str) -> None:
    folder = INFRA / "modules" / module
    for name in (
        "main.tf",
        "variables.tf",
        "outputs.tf",
        "versions.tf",
        "README.md",
        "tests/validation.tftest.hcl",
        "tests/behaviour.tftest.hcl",
    ):
        assert (folder / name).is_file(), f"{module} has no {name}"
    assert not list(blocks(folder, "provider"))
    versions = (folder / "versions.tf").read_text(encoding="utf-8")
    assert 'required_version = ">= 1.10"' in versions
    assert re.search(r'version = ">= \d', versions), "modules take a lower bound"


@pytest.mark.parametrize("module", MODULES)
def test_readme_names_every_input_and_output(module: str) -> None:
    folder = INFRA / "modules" / module
    text = (folder / "README.md").read_text(encoding="utf-8")
    for heading in ("## Inputs", "## Outputs", "## Example"):
        assert heading in text
    for name in [*variables(folder), *(name for _, name, _ in blocks(folder, "output"))]:
        assert f"`{name}`" in text, f"README of {module} does not mention {name}"


@pytest.mark.parametrize("stack", STACKS)
def test_stacks_pin_exactly_and_give_one_contract(stack: str) -> None:
    folder = INFRA / "stacks" / stack
    versions = (folder / "versions.tf").read_text(encoding="utf-8")
    assert 'version = "= 5.100.0"' in versions
    assert 'backend "s3" {}' in versions
    assert [name for _, name, _ in blocks(folder, "output")] == ["contract"]
    (provider,) = [body for _, name, body in blocks(folder, "provider") if name == "aws"]
    for needed in (
        "default_tags",
        "allowed_account_ids",
        "s3_use_path_style   = var.sandbox",
        "max_retries         = var.sandbox ? 2 : null",
    ):
        assert needed in provider


def test_no_ingress_from_everywhere() -> None:
    for path in INFRA.glob("**/*.tf"):
        for _, kind, body in blocks(path.parent, "resource"):
            if "ingress" in kind:
                assert "0.0.0.0/0" not in body, path
                assert "::/0" not in body, path


def test_every_variable_with_a_rule_is_rejected_somewhere() -> None:
    """A validation that no test makes fail may be wrong without anybody seeing it."""
    for module in MODULES:
        folder = INFRA / "modules" / module
        rejected = set(
            re.findall(
                r"var\.(\w+)", " ".join(re.findall(r"expect_failures = \[(.*)\]", (folder / "tests/validation.tftest.hcl").read_text()))
            )
        )
        with_rules = {name for name, body in variables(folder).items() if "validation {" in body}
        assert with_rules <= rejected, f"{module}: no test rejects {sorted(with_rules - rejected)}"
