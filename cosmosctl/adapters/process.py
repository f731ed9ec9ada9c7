"""Children that outlive a killed parent.

A child that writes into a pipe dies by SIGPIPE when its reader is killed, and Terraform then forgets what it has just
created. So a child gets its own session, writes into a file that we follow, and a record says who it is: the next command
finds it, waits for it and goes on. This module must not know Terraform.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

from cosmosctl.files import explained, write_json
from cosmosctl.ports.process import Command, Completed, OnLine, Orphan

POLL_S = 0.05
GRACE_S = 300.0
KILL_WAIT_S = 10.0


class LocalProcess:
    """`ports.process.Process` on this machine."""

    def __init__(self, poll_s: float = POLL_S, grace_s: float = GRACE_S) -> None:
        self._poll_s = poll_s
        self._grace_s = grace_s

    def run(self, command: Command, on_line: OnLine) -> Completed:
        with explained(command.stdout):
            command.stdout.parent.mkdir(parents=True, exist_ok=True)
            command.record.parent.mkdir(parents=True, exist_ok=True)
            out, err = command.stdout.open("wb"), command.stderr.open("wb")
        with out, err:
            child = subprocess.Popen(
                list(command.argv),
                cwd=command.cwd,
                env=dict(command.env),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                start_new_session=True,
            )
        write_json(command.record, _identity(child.pid, command.title, command.stdout))
        completed = self._attend(child.pid, child.poll, command.stdout, on_line, command.timeout_s)
        command.record.unlink(missing_ok=True)
        return completed

    def orphan(self, record: Path) -> Orphan | None:
        data = _read(record)
        if data is None or not _alive(data):
            return None
        return Orphan(data["pid"], data["title"], Path(data["stdout"]))

    def follow(self, record: Path, on_line: OnLine, timeout_s: float) -> Completed:
        data = _read(record)
        if data is None:
            return Completed(None)
        completed = self._attend(data["pid"], lambda: None if _alive(data) else 0, Path(data["stdout"]), on_line, timeout_s)
        record.unlink(missing_ok=True)
        return Completed(None, completed.timed_out, completed.interrupted)

    def _attend(self, pid: int, poll: Callable[[], int | None], stdout: Path, on_line: OnLine, timeout_s: float) -> Completed:
        """Passes lines on until the child ends; one polite signal on time-out or Ctrl-C, another on a second Ctrl-C."""
        deadline = time.monotonic() + timeout_s
        timed_out = interrupted = False
        with _Follower(stdout, on_line) as lines:
            while True:
                try:
                    code = poll()
                    lines.drain()
                    if code is not None:
                        return Completed(code, timed_out, interrupted)
                    if time.monotonic() > deadline:
                        deadline = self._escalate(pid, timed_out or interrupted)
                        timed_out = timed_out or not interrupted
                    time.sleep(self._poll_s)
                except KeyboardInterrupt:
                    _signal(pid, signal.SIGINT)
                    interrupted, deadline = True, time.monotonic() + self._grace_s

    def _escalate(self, pid: int, asked: bool) -> float:
        """First SIGINT with time to end cleanly, then SIGKILL for the whole group; the new deadline."""
        if not asked:
            _signal(pid, signal.SIGINT)
            return time.monotonic() + self._grace_s
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(pid, signal.SIGKILL)
        return time.monotonic() + KILL_WAIT_S


class _Follower:
    """Whole lines of a growing file."""

    def __init__(self, path: Path, on_line: OnLine) -> None:
        self._path, self._on_line, self._rest = path, on_line, b""
        self._file: IO[bytes] | None = None

    def __enter__(self) -> _Follower:
        try:
            self._file = self._path.open("rb")
        except OSError:
            self._file = None  # the log was removed by hand; the child still has to be awaited
        return self

    def __exit__(self, *error: object) -> None:
        if self._file is not None:
            self._file.close()

    def drain(self) -> None:
        if self._file is None:
            return
        while chunk := self._file.read(65536):
            *lines, self._rest = (self._rest + chunk).split(b"\n")
            for line in lines:
                self._on_line(line.decode("utf-8", "replace"))


def _signal(pid: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.kill(pid, number)


def _identity(pid: int, title: str, stdout: Path) -> dict[str, Any]:
    return {"pid": pid, "born": _born(pid), "host": socket.gethostname(), "title": title, "stdout": str(stdout)}


def _read(record: Path) -> dict[str, Any] | None:
    try:
        data = json.loads(record.read_text(encoding="utf-8"))
        return data if isinstance(data, dict) and {"pid", "born", "host", "title", "stdout"} <= data.keys() else None
    except (OSError, ValueError):
        return None


def _alive(data: dict[str, Any]) -> bool:
    """The very process, not a later one with its number."""
    if data["host"] != socket.gethostname():
        return False
    try:
        os.kill(data["pid"], 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    born = _born(data["pid"])
    return not _zombie(data["pid"]) and (not born or not data["born"] or born == data["born"])


def _stat(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def _born(pid: int) -> str:
    """Start time in ticks since boot plus the boot's id; empty where there is no /proc."""
    fields = _stat(pid)
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        boot = ""
    return f"{boot}:{fields[19]}" if len(fields) > 19 else ""


def _zombie(pid: int) -> bool:
    fields = _stat(pid)
    return bool(fields) and fields[0] == "Z"
