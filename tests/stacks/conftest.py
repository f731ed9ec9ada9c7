"""Fixtures of the Terraform tests. Without Terraform or its provider they are skipped, and say why."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.stacks.terraform import Terraform, missing


@pytest.fixture(scope="session")
def terraform(tmp_path_factory: pytest.TempPathFactory) -> Terraform:
    if missing():
        pytest.skip(missing())
    return Terraform(tmp_path_factory.mktemp("terraform"))


@pytest.fixture(scope="session")
def infra(terraform: Terraform) -> Path:
    """One copy of infra/ for all tests of this process that only read it."""
    return terraform.copy("infra")
