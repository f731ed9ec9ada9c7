"""End to end: one deployment for a class of ordered steps; a failed step ends its class, the deployment is always torn down."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from tests.support.deployment import Deployed, deployment

FAILED_STEP = pytest.StashKey[str]()


@pytest.fixture(scope="class")
def shell() -> Mapping[str, str]:
    """Variables of the user's shell; a module overrides this."""
    return {}


@pytest.fixture(scope="class")
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, shell: Mapping[str, str]) -> Iterator[Deployed]:
    """The class's own deployment, not installed yet."""
    prefix = getattr(request.cls, "prefix", "e")
    with deployment(tmp_path_factory.mktemp(prefix) / "d", prefix, shell) as opened:
        yield opened


def _is_step(item: pytest.Item) -> bool:
    return bool(getattr(getattr(item, "cls", None), "ordered", False))


def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[Any]) -> None:
    if _is_step(item) and call.excinfo is not None and not call.excinfo.errisinstance(pytest.skip.Exception) and item.parent:
        item.parent.stash.setdefault(FAILED_STEP, item.name)


def pytest_runtest_setup(item: pytest.Item) -> None:
    if _is_step(item) and item.parent and (failed := item.parent.stash.get(FAILED_STEP, "")):
        pytest.fail(f"the step before, {failed}, failed", pytrace=False)
