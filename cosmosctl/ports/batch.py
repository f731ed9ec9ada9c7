"""AWS Batch as install, verify, submit and cleanup use it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True)
class QueueState:
    name: str
    arn: str
    state: str  # ENABLED | DISABLED
    status: str  # VALID | CREATING | ...
    reason: str
    compute_environments: tuple[str, ...]  # names, in order


@dataclass(frozen=True)
class EnvironmentState:
    name: str
    arn: str
    state: str
    status: str
    reason: str
    scale_down_minutes: int | None


@dataclass(frozen=True)
class JobState:
    """One job, array parent or array child."""

    id: str
    name: str
    status: str
    reason: str
    index: int | None
    array_size: int
    status_counts: Mapping[str, int]
    attempts: tuple[Mapping[str, Any], ...]
    log_stream: str
    created_ms: int
    started_ms: int
    stopped_ms: int
    queue: str
    definition: str


class Batch(Protocol):
    """Throttling is retried inside; anything else is `CosmosctlError("aws_error")`."""

    def queues(self, names: Sequence[str]) -> Sequence[QueueState]: ...

    def queues_with_prefix(self, prefix: str) -> Sequence[QueueState]: ...

    def environments(self, names: Sequence[str]) -> Sequence[EnvironmentState]: ...

    def disable_queue(self, name: str) -> None: ...

    def update_settings(self, name: str, *, scale_down_minutes: int | None) -> None:
        """What the Terraform provider has no attribute for: the scale-down delay (0 = none, None = as it is) and, at the next
        infrastructure update, the latest image. The API does not tell the second one back."""
        ...

    def active_definition(self, name: str) -> Mapping[str, Any] | None:
        """The newest ACTIVE revision, as described by the API."""
        ...

    def submit(
        self, *, name: str, queue: str, definition: str, array_size: int, environment: Mapping[str, str], tags: Mapping[str, str]
    ) -> str:
        """The job id. `array_size` 1 is a plain job (an array needs at least two children)."""
        ...

    def find(self, queue: str, name: str) -> JobState | None:
        """The newest job of exactly this name in any state: SubmitJob has no token, so a resumed submission looks first."""
        ...

    def describe(self, job_ids: Sequence[str]) -> Sequence[JobState]: ...

    def children(self, array_job_id: str, status: str) -> Sequence[JobState]: ...

    def list_jobs(self, queue: str, statuses: Sequence[str]) -> Sequence[JobState]: ...

    def stop(self, job_ids: Sequence[str], reason: str) -> None:
        """Cancels what waits and terminates what runs; an id that has ended is no error."""
        ...
