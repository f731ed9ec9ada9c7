"""End to end: one deployment for a class of ordered steps; a failed step ends its class, the deployment is always torn down."""

from __future__ import annotations

import json
from collections.abc import Generator, Iterator, Mapping
from typing import Any

import pytest

from tests.support.deployment import Deployed, deployment

REFUSALS = 40
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


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[Any]) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.failed and (opened := getattr(item, "funcargs", {}).get("made")):
        report.sections.append(("what the embedded AWS refused or was asked twice", _refusals(opened)))
    if report.failed and _is_step(item) and item.parent:
        item.parent.stash.setdefault(FAILED_STEP, item.name)
    return report


def _refusals(made: Deployed) -> str:
    """The folder is gone when somebody reads the failure."""
    try:
        lines = (made.workdir / "sandbox" / "requests.jsonl").read_text(encoding="utf-8").splitlines()
    except OSError as error:
        return str(error)
    calls = [json.loads(line) for line in lines if line.endswith("}")]
    odd = [call for call in calls if call.get("status", 0) >= 400 or call.get("attempt", 1) > 1]
    return "\n".join(json.dumps(call) for call in odd[-REFUSALS:])


def pytest_runtest_setup(item: pytest.Item) -> None:
    if _is_step(item) and item.parent and (failed := item.parent.stash.get(FAILED_STEP, "")):
        pytest.fail(f"the step before, {failed}, failed", pytrace=False)
