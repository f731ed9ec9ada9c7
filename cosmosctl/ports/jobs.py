"""Batch jobs and their log lines, as submission, status and cancel see them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

TERMINAL = ("SUCCEEDED", "FAILED")
STATES = ("SUBMITTED", "PENDING", "RUNNABLE", "STARTING", "RUNNING", *TERMINAL)


@dataclass(frozen=True)
class JobRequest:
    """`array_size` 0 is a single job; the environment is small by design (a run URI, never paths)."""

    name: str
    queue: str
    definition: str
    environment: Mapping[str, str]
    array_size: int = 0
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Job:
    """`summary` counts an array's children by state; times are UTC epoch seconds, 0 when not reached."""

    id: str
    name: str
    status: str
    reason: str = ""
    created: float = 0
    started: float = 0
    stopped: float = 0
    array_size: int = 0
    index: int | None = None
    summary: Mapping[str, int] = field(default_factory=dict)
    exit_code: int | None = None
    attempts: int = 0
    log_group: str = ""
    log_stream: str = ""

    @property
    def ended(self) -> bool:
        return self.status in TERMINAL


class Jobs(Protocol):
    """Raises `CosmosctlError("aws_error")` once the client's own retries are used up."""

    def submit(self, request: JobRequest) -> str:
        """Returns the job id. Not idempotent at AWS: look with `find` first when resuming."""
        ...

    def find(self, queue: str, name: str) -> Job | None:
        """The newest job of exactly this name, in any state."""
        ...

    def describe(self, ids: Sequence[str]) -> list[Job]: ...

    def children(self, job_id: str, status: str) -> Iterator[Job]: ...

    def end(self, ids: Sequence[str], reason: str) -> list[str]:
        """Cancels what waits and terminates what runs; returns what AWS refused, one line each."""
        ...


class Logs(Protocol):
    def tail(self, group: str, stream: str, limit: int) -> list[str]:
        """The last `limit` lines; empty when group or stream does not exist yet."""
        ...

    def since(self, group: str, stream: str, token: str) -> tuple[list[str], str]:
        """Lines after `token` ("" = from the start) and the next token."""
        ...
