"""One installed deployment for many tests: installed once, then copied, because an install takes minutes and a copy a second.

A deployment is its folder: the embedded AWS keeps its state there and is stopped before the folder is copied. `installed`
is shared by the tests of one process; `copied` gives a test one that it may ruin. While tests are written,
INSTALLED_DEPLOYMENT may name the folder of a stopped deployment to copy, which saves the install.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.support.cli import run_cli
from tests.support.deployment import Deployed, _kill_leftovers, deployment

INSTALL_S = 900
FAST = {"batch_dwell_seconds": 0.05, "extra": {"batch_stop_timeout_seconds": 4, "batch_max_processes": 1}}
_SHARED: list[Deployed] = []


def _install(folder: Path) -> str:
    """Leaves an installed, stopped deployment in `folder`; returns its name."""
    with deployment(folder.with_name("installing"), "shared") as made:
        made.cli("install", "--yes", timeout=INSTALL_S).ok()
        made.cli("deploy", "predict", "--yes", timeout=INSTALL_S).ok()
        made.cli("deploy", "reason", "--yes", timeout=INSTALL_S).ok()
        made.cli("sandbox", "stop").ok()
        shutil.copytree(made.folder, folder, symlinks=True)
        return made.name


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """Folder and name of the installed deployment, made by whichever test process comes first."""
    given = os.environ.get("INSTALLED_DEPLOYMENT")
    if given:
        return Path(given), next(path.name for path in (Path(given) / ".cosmosctl").iterdir())
    base = tmp_path_factory.getbasetemp()
    root = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    folder, ready = root / "installed", root / "installed.name"
    handle = os.open(root / "installed.lock", os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        if not ready.exists():
            shutil.rmtree(folder, ignore_errors=True)
            ready.write_text(_install(folder))
        return folder, ready.read_text()
    finally:
        os.close(handle)


@contextmanager
def copy_of(template: tuple[Path, str], folder: Path, settings: dict[str, Any] | None = None) -> Iterator[Deployed]:
    """A running copy; whatever it started is gone afterwards, also after a failure."""
    made = Deployed(template[1], folder)
    shutil.copytree(template[0], folder, symlinks=True)
    try:
        made.cli("sandbox", "start").ok()
        made.control.settings(**(settings or FAST))
        yield made
    finally:
        run_cli("sandbox", "stop", "--all", cwd=folder, timeout=90)
        _kill_leftovers(made)
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def installed_once(template: tuple[Path, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    """Every module that imports this fixture gets the same deployment; the first to come ends it, at the end of the session."""
    with ExitStack() as stack:
        if not _SHARED:
            folder = tmp_path_factory.mktemp("shared", numbered=True) / uuid.uuid4().hex[:6]
            _SHARED.append(stack.enter_context(copy_of(template, folder)))
        yield _SHARED[0]


@pytest.fixture
def installed(installed_once: Deployed) -> Iterator[Deployed]:
    """The shared deployment, without the faults and settings of the test before."""
    yield installed_once
    control = installed_once.control
    control.clear_faults()
    control.settings(
        capacity_denied=[],
        codebuild={"fail": None, "log": None, "seconds": None},
        batch_dwell_seconds=FAST["batch_dwell_seconds"],
        extra={"batch_time_scale": None, "batch_pull_error": None, **FAST["extra"]},
    )


Copied = Callable[[], Deployed]


@pytest.fixture
def copied(template: tuple[Path, str], tmp_path: Path) -> Iterator[Copied]:
    """Makes copies that the test may ruin."""
    with ExitStack() as stack:
        yield lambda: stack.enter_context(copy_of(template, tmp_path / uuid.uuid4().hex[:6]))
