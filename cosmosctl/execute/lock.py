"""One mutating command per deployment. The kernel's lock ends with its holder, so nothing has to be cleared by hand.

This module must not know which commands exist.
"""

from __future__ import annotations

import fcntl
import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from cosmosctl.errors import CosmosctlError
from cosmosctl.files import explained


@contextmanager
def deployment_lock(workdir: Path, command: str, now: datetime) -> Iterator[None]:
    """Holds `workdir/lock`; raises `locked` with who holds it."""
    path = workdir / "lock"
    with explained(path):
        workdir.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise _refusal(path) from None
        with explained(path):
            _write(
                handle, {"pid": os.getpid(), "host": socket.gethostname(), "command": command, "since": now.isoformat(timespec="seconds")}
            )
        yield
        os.ftruncate(handle, 0)
    finally:
        os.close(handle)


def is_held(workdir: Path) -> bool:
    """Whether a command is at work on the deployment right now; for those that only look."""
    try:
        handle = os.open(workdir / "lock", os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(handle)
    return False


def _write(handle: int, holder: dict[str, object]) -> None:
    os.ftruncate(handle, 0)
    os.pwrite(handle, json.dumps(holder).encode(), 0)


def _refusal(path: Path) -> CosmosctlError:
    who = "another cosmosctl command"
    try:
        holder = json.loads(path.read_text(encoding="utf-8"))
        who = f"`cosmosctl {holder['command']}` (process {holder['pid']} on {holder['host']}, since {holder['since']})"
    except (OSError, ValueError, KeyError):
        pass  # the holder has the lock but has not written who it is yet
    return CosmosctlError(
        "locked",
        f"{who} is working on deployment {path.parent.name}",
        path=str(path),
        hint="wait until it is done, or stop it with Ctrl-C, then run again",
    )
