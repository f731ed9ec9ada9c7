"""Child processes as Terraform needs them: output in a file, so that the child outlives a killed parent."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

OnLine = Callable[[str], None]


@dataclass(frozen=True)
class Command:
    """What to start. `record` is where the child's identity is kept while it lives."""

    argv: Sequence[str]
    env: Mapping[str, str]
    cwd: Path
    stdout: Path
    stderr: Path
    record: Path
    timeout_s: float
    title: str = ""


@dataclass(frozen=True)
class Completed:
    """`returncode` is None for a child whose parent was killed: nobody can know it."""

    returncode: int | None
    timed_out: bool = False
    interrupted: bool = False


@dataclass(frozen=True)
class Orphan:
    """A child of an earlier command that is still running."""

    pid: int
    title: str
    stdout: Path


class Process(Protocol):
    def run(self, command: Command, on_line: OnLine) -> Completed:
        """Runs to the end. Time-out and Ctrl-C send one SIGINT, wait for the child's own clean end, then kill."""
        ...

    def orphan(self, record: Path) -> Orphan | None:
        """The living child that a killed parent left behind, if any."""
        ...

    def follow(self, record: Path, on_line: OnLine, timeout_s: float) -> Completed:
        """Waits for an orphan as `run` does for its own child."""
        ...
