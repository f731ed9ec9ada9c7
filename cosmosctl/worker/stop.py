"""The wish to stop, shared by all threads of a worker, and pauses that end when it comes."""

from __future__ import annotations

from threading import Event


class Stop:
    def __init__(self) -> None:
        self._event = Event()

    def set(self) -> None:
        self._event.set()

    def is_set(self) -> bool:
        return self._event.is_set()

    def pause(self, seconds: float) -> bool:
        """Waits; True when the wait was cut short because the worker is to stop."""
        return self._event.wait(seconds)
