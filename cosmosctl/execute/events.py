"""What the engine tells while it works: typed, so that a terminal, a log and a test read the same facts.

This module must not know who listens.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class StepStarted:
    step: str
    title: str
    number: int
    total: int


@dataclass(frozen=True)
class StepSkipped:
    step: str
    title: str
    number: int
    total: int
    why: str


@dataclass(frozen=True)
class StepProgress:
    """`total` 0 means that the end is not known."""

    step: str
    done: int
    total: int
    what: str


@dataclass(frozen=True)
class StepNotice:
    """A fact that the user should read: a lock removed, a token missing."""

    step: str
    message: str
    warning: bool = False


@dataclass(frozen=True)
class StepDone:
    step: str
    title: str
    seconds: float


@dataclass(frozen=True)
class StepFailed:
    step: str
    title: str
    code: str
    message: str


Event = StepStarted | StepSkipped | StepProgress | StepNotice | StepDone | StepFailed
OnEvent = Callable[[Event], None]


def ignore(event: Event) -> None:
    """For callers that do not listen."""
