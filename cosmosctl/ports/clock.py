"""Time as a dependency, so that waits can be tested without waiting."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    def now(self) -> datetime:
        """The wall clock, UTC and aware."""
        ...

    def monotonic(self) -> float: ...

    def sleep(self, seconds: float) -> None: ...
