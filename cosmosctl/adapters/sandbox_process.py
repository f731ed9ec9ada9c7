"""Starts, finds and stops the embedded AWS of a deployment: one detached server per folder.

The server outlives the command that started it. It is spoken to over HTTP only, so moto is never imported here.
"""

from __future__ import annotations

import fcntl
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cosmosctl.adapters.environment import clean, with_package
from cosmosctl.adapters.sandbox_control import SandboxControl
from cosmosctl.errors import CosmosctlError
from cosmosctl.files import explained

RECORD = "sandbox.json"
LOG = "server.log"
START_TIMEOUT_S = 60.0
STOP_TIMEOUT_S = 30.0
POLL_S = 0.03
_TAIL = 2000


def ensure_started(folder: Path, timeout_s: float = START_TIMEOUT_S, sleep: Callable[[float], None] = time.sleep) -> str:
    """Endpoint of the server of `folder`; starts one when none answers. Callers at the same time get the same server."""
    endpoint = running(folder)
    if endpoint:
        return endpoint
    if importlib.util.find_spec("moto") is None:
        raise CosmosctlError(
            "tool_missing", "target sandbox needs the package moto", path="target", hint="pip install 'cosmosctl[sandbox]'"
        )
    with explained(folder):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with _only_one(folder / "start.lock"):
        endpoint = running(folder)
        if endpoint:
            return endpoint
        (folder / RECORD).unlink(missing_ok=True)
        return _start(folder, timeout_s, sleep)


def running(folder: Path) -> str:
    """Endpoint of the live server of this folder, or "". The token tells it from whoever has its port or pid now."""
    record = _record(folder)
    if not record:
        return ""
    try:
        health = SandboxControl(str(record["endpoint"])).health()
    except CosmosctlError:
        return ""
    return str(record["endpoint"]) if health.get("token") == record.get("token") else ""


def stop(folder: Path, timeout_s: float = STOP_TIMEOUT_S, sleep: Callable[[float], None] = time.sleep) -> bool:
    """True if a server ran and is gone now; its state is saved."""
    endpoint = running(folder)
    if not endpoint:
        (folder / RECORD).unlink(missing_ok=True)
        return False
    pid = int(SandboxControl(endpoint).stop()["pid"])
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        if not _alive(pid):
            return True
        sleep(POLL_S)
    message = f"the embedded AWS (process {pid}) did not stop in {timeout_s:.0f} s"
    raise CosmosctlError("timeout", message, path=str(folder / LOG), detail=_tail(folder))


def status(folder: Path) -> dict[str, Any]:
    endpoint = running(folder)
    if not endpoint:
        saved = folder / "state.snapshot"
        return {"running": False, "state_saved": saved.exists(), "folder": str(folder)}
    return {"running": True, "folder": str(folder), **SandboxControl(endpoint).status()}


def save(folder: Path) -> dict[str, Any]:
    return control(folder).save()


def reset(folder: Path) -> None:
    """Forget everything. Works on a stopped sandbox too."""
    endpoint = running(folder)
    if endpoint:
        SandboxControl(endpoint).reset()
        return
    for path in [folder / "state.snapshot", folder / "objects", *folder.glob("*.sqlite*")]:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def control(folder: Path) -> SandboxControl:
    endpoint = running(folder)
    if not endpoint:
        raise CosmosctlError("sandbox_failed", "the embedded AWS is not running", path=str(folder), hint="cosmosctl sandbox start")
    return SandboxControl(endpoint)


def _start(folder: Path, timeout_s: float, sleep: Callable[[float], None]) -> str:
    environment = with_package(clean(os.environ))
    argv = [sys.executable, "-m", "cosmosctl.sandbox", "serve", "--state-dir", str(folder.resolve())]
    with explained(folder / LOG), open(os.open(folder / LOG, os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600), "ab") as log:
        child = subprocess.Popen(
            argv, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, close_fds=True
        )
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        endpoint = running(folder)
        if endpoint:
            _forget(child)
            return endpoint
        if child.poll() is not None:
            raise CosmosctlError(
                "sandbox_failed",
                f"the embedded AWS ended with status {child.returncode} while starting",
                path=str(folder / LOG),
                detail=_tail(folder),
                hint="cosmosctl sandbox reset --yes   forgets its state and starts anew",
            )
        sleep(POLL_S)
    child.kill()
    child.wait()
    raise CosmosctlError("timeout", f"the embedded AWS did not start in {timeout_s:.0f} s", path=str(folder / LOG), detail=_tail(folder))


def _forget(child: subprocess.Popen[bytes]) -> None:
    """The server is meant to outlive us, so its Popen must not complain that it still runs."""
    child.returncode = 0


@contextmanager
def _only_one(path: Path) -> Iterator[None]:
    with explained(path):
        handle = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _record(folder: Path) -> Mapping[str, Any]:
    try:
        data = json.loads((folder / RECORD).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return data if isinstance(data, dict) and "endpoint" in data else {}


def _alive(pid: int) -> bool:
    try:
        done, _ = os.waitpid(pid, os.WNOHANG)  # reaps it when it is our own child
        if done:
            return False
    except ChildProcessError:
        pass
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return not _zombie(pid)


def _zombie(pid: int) -> bool:
    """Ended, but its parent (another command that is still alive) has not noticed."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return False


def _tail(folder: Path) -> str:
    try:
        return (folder / LOG).read_text(encoding="utf-8", errors="replace")[-_TAIL:]
    except OSError:
        return ""
