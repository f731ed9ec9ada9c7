"""What the scheduler knows about jobs, as plain records.

An array of 10,000 children must cost as much as one job until its children really start, so children that have done
nothing yet share one record (`ArrayState.rest`) and get their own only when they differ from it.
This module must not know moto, processes, files or clocks.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Status(StrEnum):
    SUBMITTED = "SUBMITTED"
    PENDING = "PENDING"
    RUNNABLE = "RUNNABLE"
    STARTING = "STARTING"
    RUNNING = "RUNNING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"

    @property
    def terminal(self) -> bool:
        return self in (Status.SUCCEEDED, Status.FAILED)

    @property
    def placed(self) -> bool:
        return self in (Status.STARTING, Status.RUNNING)


@dataclass(frozen=True, slots=True)
class Key:
    """One thing that can run: a single job (index None) or a child of an array."""

    job: str
    index: int | None = None

    def __str__(self) -> str:
        return self.job if self.index is None else f"{self.job}:{self.index}"

    @classmethod
    def parse(cls, text: str) -> Key:
        """Accepts an id, a child id and the ARN of either."""
        job, _, index = text.rsplit(":job/", 1)[-1].partition(":")
        return cls(job, int(index) if index.isdigit() else None)


@dataclass(frozen=True, slots=True)
class Rule:
    action: str  # RETRY | EXIT
    on_status_reason: str | None = None
    on_reason: str | None = None
    on_exit_code: str | None = None


@dataclass(frozen=True, slots=True)
class Retry:
    attempts: int = 1
    rules: tuple[Rule, ...] = ()


@dataclass(frozen=True, slots=True)
class Dependency:
    job: str | None
    kind: str | None = None  # N_TO_N | SEQUENTIAL | None


@dataclass(frozen=True, slots=True)
class Needs:
    vcpus: float
    memory: int
    gpus: int


@dataclass(frozen=True)
class JobSpec:
    """Everything that is fixed when a job is submitted."""

    id: str
    sequence: int
    name: str
    region: str
    account: str
    queue: str
    definition: str
    created_ms: int
    container: Mapping[str, Any]
    parameters: Mapping[str, str]
    needs: Needs
    retry: Retry = Retry()
    timeout_s: int | None = None
    depends: tuple[Dependency, ...] = ()
    size: int = 0
    share: str | None = None
    priority: int = 0
    platforms: tuple[str, ...] = ("EC2",)
    propagate_tags: bool = False

    @property
    def arn(self) -> str:
        return f"arn:aws:batch:{self.region}:{self.account}:job/{self.id}"

    @property
    def per_index(self) -> bool:
        """Whether children wait one by one instead of all together."""
        return any(d.kind for d in self.depends)


@dataclass(frozen=True, slots=True)
class Placement:
    environment: str
    purchase: str  # spot | ondemand
    instance_type: str
    instance: str


@dataclass(frozen=True, slots=True)
class ProcessId:
    """A pid alone may be somebody else's after a restart; with its start time it is not."""

    pid: int
    started: str


@dataclass(frozen=True, slots=True)
class Exit:
    """How a container ended. `code` is None when it never started."""

    code: int | None
    status_reason: str
    reason: str | None = None
    retryable: bool = True


@dataclass(frozen=True, slots=True)
class Attempt:
    started_ms: int | None
    stopped_ms: int
    exit: Exit
    log_stream: str | None
    task: str
    instance: str | None


@dataclass(slots=True)
class Unit:
    """The state of one job or child. `since` is monotonic, the `_ms` stamps are wall clock."""

    status: Status = Status.SUBMITTED
    since: float = 0.0
    reason: str | None = None
    started_ms: int | None = None
    stopped_ms: int | None = None
    attempts: tuple[Attempt, ...] = ()
    placement: Placement | None = None
    process: ProcessId | None = None
    log_stream: str | None = None
    task: str | None = None
    ending: Exit | None = None  # why it is being stopped, while it still runs
    cancelled: bool = False
    terminated: bool = False


@dataclass(slots=True)
class ArrayState:
    size: int
    rest: Unit = field(default_factory=Unit)
    children: dict[int, Unit] = field(default_factory=dict)
    tally: Counter[Status] = field(default_factory=Counter)
    cursor: int = 0
    waiting: set[int] = field(default_factory=set)  # RUNNABLE children with a record of their own
    placed: set[int] = field(default_factory=set)
    check: deque[int] = field(default_factory=deque)  # children whose own dependency may have ended
    gate_open: bool = False

    def unit(self, index: int) -> Unit:
        return self.children.get(index, self.rest)

    def summary(self) -> dict[str, int]:
        counts = {s.value: self.tally[s] for s in Status}
        counts[self.rest.status.value] += self.size - len(self.children)
        return counts

    def untouched(self) -> Iterator[int]:
        """Indexes that still share `rest`, in order, from the first one that may."""
        while self.cursor < self.size and self.cursor in self.children:
            self.cursor += 1
        return (i for i in range(self.cursor, self.size) if i not in self.children)

    def done(self) -> bool:
        ended = self.tally[Status.SUCCEEDED] + self.tally[Status.FAILED]
        return ended + (self.size - len(self.children) if self.rest.status.terminal else 0) == self.size


@dataclass(frozen=True, slots=True)
class Now:
    """The clock, read once per decision. Ages use `mono`, so a jump of the wall clock changes nothing."""

    mono: float
    ms: int


@dataclass(slots=True)
class Job:
    spec: JobSpec
    unit: Unit
    array: ArrayState | None = None
    tags: dict[str, str] = field(default_factory=dict)

    def find(self, index: int | None) -> Unit | None:
        if index is None:
            return self.unit
        return self.array.unit(index) if self.array and 0 <= index < self.array.size else None
