"""Terraform itself: every stack is valid, and every module's own tests pass with a mocked provider."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.stacks.terraform import MODULES, STACKS, Terraform


@pytest.mark.parametrize("stack", STACKS)
def test_stack_is_valid(terraform: Terraform, infra: Path, stack: str) -> None:
    folder = infra / "stacks" / stack
    terraform.run(folder, "init", "-backend=false", "-no-color")
    terraform.run(folder, "validate", "-no-color")


@pytest.mark.parametrize("module", MODULES)
def test_module(terraform: Terraform, infra: Path, module: str) -> None:
    folder = infra / "modules" / module
    terraform.run(folder, "init", "-no-color")
    done = terraform.run(folder, "test", "-no-color")
    assert " 0 failed" in done.stdout
