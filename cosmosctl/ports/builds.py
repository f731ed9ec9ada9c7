"""Container images: is a tag there, build it, and what went wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class BuildState:
    id: str
    status: str  # IN_PROGRESS | SUCCEEDED | FAILED | FAULT | STOPPED | TIMED_OUT
    phase: str
    log_group: str
    log_stream: str

    @property
    def done(self) -> bool:
        return self.status != "IN_PROGRESS"


class Builds(Protocol):
    def digest(self, repository: str, tag: str) -> str | None:
        """`sha256:...` of a tag in ECR; None when the tag or the repository does not exist."""
        ...

    def digest_exists(self, repository: str, digest: str) -> bool: ...

    def start(self, project: str, *, source: str, environment: Mapping[str, str]) -> str:
        """`source` is `bucket/key` of a zip; returns the build's id."""
        ...

    def running(self, project: str, variable: str, value: str) -> str | None:
        """A build of the project in progress whose environment has `variable=value`: it is joined, not repeated."""
        ...

    def state(self, build_id: str) -> BuildState: ...

    def log_tail(self, build: BuildState, lines: int) -> Sequence[str]: ...

    def delete_images(self, repository: str) -> int: ...
