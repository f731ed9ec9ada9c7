"""Fixtures of the doctor tests: one embedded AWS and one session per module; settings are taken back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cosmosctl.adapters.session import SandboxSession
from cosmosctl.services.doctor import DoctorReport
from tests.support.planted import FAST, Planted, open_session
from tests.support.sandbox_batch import Sandbox, sandbox, wait_for


@pytest.fixture(name="server", scope="module")
def server_fixture(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with sandbox(tmp_path_factory.mktemp("doctor")) as running:
        yield running


@pytest.fixture(name="settings")
def settings_fixture(server: Sandbox) -> Iterator[Any]:
    """Merges settings and takes them back."""
    used: set[str] = set()

    def change(**changes: Any) -> None:
        used.update(changes)
        server.post("settings", changes)

    server.post("settings", FAST)
    yield change
    undo = dict.fromkeys(("ec2/L-DB2E81BA", "ec2/L-3819A6DF", "g6e.*", "fail", "log"))
    server.post("settings", {**{name: undo for name in used if name != "capacity_denied"}, "capacity_denied": []})


@pytest.fixture(name="session", scope="module")
def session_fixture(server: Sandbox) -> Iterator[SandboxSession]:
    opened = open_session(server.record["endpoint"])
    yield opened
    opened.close()


@pytest.fixture(name="make")
def make_fixture(server: Sandbox, session: SandboxSession, tmp_path: Path) -> Any:
    server.post("settings", FAST)
    return lambda **options: Planted(session, tmp_path, **options)


def ended(planted: Planted, job_id: str, *states: str) -> None:
    wait_for(lambda: planted.status(job_id) in (states or ("FAILED", "SUCCEEDED")), 30, f"{job_id} is {planted.status(job_id)}")


def cause(report: DoctorReport, name: str) -> Any:
    """The diagnosis of this cause; it must be there once, name a next command and be no worse than what else was found."""
    found = [item for item in report.diagnoses if item.cause == name]
    assert len(found) >= 1, [f"{item.level} {item.cause}: {item.message}" for item in report.diagnoses]
    assert all(item.hint for item in found)
    return found[0]


def failed_job(planted: Planted, script: str, **more: Any) -> str:
    job_id = planted.submit(script, **more)
    ended(planted, job_id, "FAILED")
    return job_id
