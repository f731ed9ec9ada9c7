"""What holds for every test: none sees this machine's AWS or Terraform settings, and the long ones start first."""

from __future__ import annotations

import os

import pytest

HIDDEN = ("AWS_", "COSMOSCTL_", "HF_", "TF_", "KUBECONFIG")


def pytest_configure() -> None:
    """Before collection, as some modules read the environment when they are imported."""
    for key in [key for key in os.environ if key.startswith(HIDDEN) and key != "COSMOSCTL_TERRAFORM"]:
        del os.environ[key]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests that share an expensive deployment are mostly waits: begun first, they overlap with everything else."""
    items.sort(key=lambda item: item.get_closest_marker("xdist_group") is None)
