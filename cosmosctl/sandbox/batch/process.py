"""Local processes that stand for containers: started in a session of their own, followed line by line, ended as a group.

It must not know jobs, moto or AWS.
"""

from __future__ import annotations

import os
import select
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from cosmosctl.sandbox.batch.records import ProcessId

FLUSH_S = 0.4
MAX_LINE = 16 * 1024  # as the awslogs driver splits them
MAX_BATCH = 500
Emit = Callable[[list[str]], None]


class Container:
    """One running process. `follow` belongs to one thread; `stop` and `kill` may be called from any."""

    def __init__(self, argv: Sequence[str], env: Mapping[str, str], folder: Path, memory_mib: int = 0) -> None:
        wrapped = [*_limit(memory_mib), *argv]
        self._oom_before = _oom_kills()
        self.process = subprocess.Popen(
            wrapped,
            env=dict(env),
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self.ident = ProcessId(self.process.pid, start_time(self.process.pid))
        self.out_of_memory = False
        self._killed = False
        self._kill_at: float | None = None

    def stop(self, grace_s: float) -> None:
        """SIGTERM now, SIGKILL when the grace is over."""
        self._kill_at = time.monotonic() + grace_s
        signal_group(self.process.pid, signal.SIGTERM)

    def kill(self, *, out_of_memory: bool = False) -> None:
        self.out_of_memory = self.out_of_memory or out_of_memory
        self._killed = True
        signal_group(self.process.pid, signal.SIGKILL)

    def follow(self, emit: Emit) -> int:
        """Hands on the output until the process has ended; its exit code as Docker would give it."""
        lines = _Lines(emit)
        pipe = self.process.stdout
        if pipe is None:
            raise RuntimeError("the output of a container must be a pipe")
        descriptor = pipe.fileno()
        while True:
            ready, _, _ = select.select([descriptor], [], [], 0.1)
            data = os.read(descriptor, 65536) if ready else b""
            lines.feed(data)
            if self._kill_at is not None and time.monotonic() >= self._kill_at:
                self._kill_at = None
                self.kill()
            if self.process.poll() is not None and not data:
                break
            if ready and not data:  # output closed, but it still runs
                time.sleep(0.05)
        lines.close()
        pipe.close()
        signal_group(self.process.pid, signal.SIGKILL)  # a container dies with its first process
        return self._code()

    def _code(self) -> int:
        code = self.process.wait()
        if code == -signal.SIGKILL and not self._killed and _oom_kills() > self._oom_before:
            self.out_of_memory = True
        return 128 - code if code < 0 else code


class _Lines:
    """Collects output into lines and lines into batches."""

    def __init__(self, emit: Emit) -> None:
        self._emit = emit
        self._tail = b""
        self._batch: list[str] = []
        self._since = time.monotonic()

    def feed(self, data: bytes) -> None:
        *full, self._tail = (self._tail + data).split(b"\n")
        for line in full:
            self._add(line)
        while len(self._tail) > MAX_LINE:
            self._add(self._tail[:MAX_LINE])
            self._tail = self._tail[MAX_LINE:]
        if self._batch and (len(self._batch) >= MAX_BATCH or time.monotonic() - self._since >= FLUSH_S):
            self.flush()

    def _add(self, line: bytes) -> None:
        text = line.rstrip(b"\r").decode("utf-8", "replace")
        for start in range(0, len(text), MAX_LINE):
            self._batch.append(text[start : start + MAX_LINE])

    def flush(self) -> None:
        batch, self._batch, self._since = self._batch, [], time.monotonic()
        if batch:
            self._emit(batch)

    def close(self) -> None:
        if self._tail:
            self._add(self._tail)
            self._tail = b""
        self.flush()


def _limit(memory_mib: int) -> list[str]:
    """An address-space limit through the shell, which is safe where a hook between fork and exec is not."""
    return ["/bin/sh", "-c", f'ulimit -v {memory_mib * 1024} && exec "$@"', "sh"] if memory_mib else []


def signal_group(pid: int, number: int) -> None:
    try:
        os.killpg(pid, number)
    except (ProcessLookupError, PermissionError):
        return


def start_time(pid: int) -> str:
    """Together with the pid this names a process for ever. Empty when it does not run (any more)."""
    if Path("/proc/self/stat").exists():
        try:
            fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        except OSError:
            return ""
        return "" if fields[0] in "ZX" else fields[19]
    try:
        done = subprocess.run(["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, timeout=5, check=False)
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.strip()


def kill_orphan(ident: ProcessId) -> bool:
    """Ends a process of an earlier server, if the pid still is that process."""
    if not ident.started or start_time(ident.pid) != ident.started:
        return False
    signal_group(ident.pid, signal.SIGKILL)
    return True


def _oom_kills() -> int:
    """How often the kernel has killed for memory; 0 where it does not tell."""
    try:
        with open("/proc/vmstat", encoding="ascii") as file:
            return next((int(line.split()[1]) for line in file if line.startswith("oom_kill ")), 0)
    except OSError:
        return 0
