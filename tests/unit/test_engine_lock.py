"""One mutating command per deployment; the second learns who holds it."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cosmosctl.errors import CosmosctlError
from cosmosctl.execute.lock import deployment_lock

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
HOLDER = """
import sys, time
from datetime import UTC, datetime
from pathlib import Path
from cosmosctl.execute.lock import deployment_lock
with deployment_lock(Path(sys.argv[1]), "install", datetime(2026, 1, 2, tzinfo=UTC)):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_second_command_is_refused_with_the_holder(tmp_path: Path) -> None:
    child = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path / "demo")], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert child.stdout is not None
        assert child.stdout.readline() == "held\n"
        with pytest.raises(CosmosctlError) as caught, deployment_lock(tmp_path / "demo", "cleanup", NOW):
            pass
        assert caught.value.code == "locked"
        assert f"process {child.pid}" in caught.value.message
        assert "cosmosctl install" in caught.value.message
        assert "demo" in caught.value.message
    finally:
        child.kill()
        child.communicate()
    with deployment_lock(tmp_path / "demo", "cleanup", NOW):  # a killed holder leaves nothing to clear
        pass


def test_other_deployments_are_independent(tmp_path: Path) -> None:
    with deployment_lock(tmp_path / "one", "install", NOW), deployment_lock(tmp_path / "two", "install", NOW):
        pass


def test_lock_is_free_after_a_failure(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="broken"), deployment_lock(tmp_path / "one", "install", NOW):
        raise ValueError("broken")
    with deployment_lock(tmp_path / "one", "install", NOW):
        pass


def test_unwritable_workdir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A plain file in the way stands for a read-only folder: root, who may write anywhere, runs tests too."""
    (tmp_path / "file").write_text("")
    with pytest.raises(CosmosctlError) as caught, deployment_lock(tmp_path / "file" / "demo", "install", NOW):
        pass
    assert caught.value.code == "workdir_unwritable"

    def refuse(*args: object, **more: object) -> int:
        raise PermissionError(30, "Read-only file system")

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(CosmosctlError) as caught, deployment_lock(tmp_path / "demo", "install", NOW):
        pass
    assert caught.value.code == "workdir_unwritable"
    assert "Read-only" in caught.value.message
