"""Shows engine events and run progress on stderr: bars on a terminal, plain lines elsewhere.

It only listens; it must not know what a step does.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from cosmosctl.cli.output import is_terminal, say
from cosmosctl.execute.events import Event, OnEvent, StepDone, StepFailed, StepNotice, StepProgress, StepSkipped, StepStarted

QUIET_SECONDS = 10.0  # without a terminal, a long step says something this often


class PlainView:
    """One line per event; progress lines are thinned to one per `QUIET_SECONDS`."""

    def __init__(self, write: Callable[[str], None] = say, now: Callable[[], float] = time.monotonic) -> None:
        self._write, self._now = write, now
        self._spoke = 0.0

    def __call__(self, event: Event) -> None:
        line = self._line(event)
        if line:
            self._write(line)
            self._spoke = self._now()

    def _line(self, event: Event) -> str:
        match event:
            case StepStarted():
                return f"[{event.number}/{event.total}] {event.title}"
            case StepSkipped():
                return f"[{event.number}/{event.total}] {event.title}: {event.why}"
            case StepDone():
                return f"      done in {event.seconds:.0f} s" if event.seconds >= 1 else ""
            case StepFailed():
                return f"      failed: {event.title}"
            case StepNotice():
                return f"      {'warning: ' if event.warning else ''}{event.message}"
            case StepProgress():
                due = self._now() - self._spoke >= QUIET_SECONDS
                return f"      {_count(event)}{event.what}" if due else ""
        return ""


class BarView:
    """A bar for the running step; finished steps stay above it."""

    def __init__(self, progress: Any) -> None:
        self._progress = progress
        self._task: Any = None

    def __call__(self, event: Event) -> None:
        match event:
            case StepStarted():
                self._clear()
                self._task = self._progress.add_task(f"[{event.number}/{event.total}] {event.title}", total=None, what="")
            case StepProgress() if self._task is not None:
                self._progress.update(self._task, completed=event.done, total=event.total or None, what=event.what[:60])
            case StepSkipped():
                self._progress.console.print(f"  = {event.title}: {event.why}", highlight=False)
            case StepNotice():
                self._progress.console.print(f"  {'! ' if event.warning else ''}{event.message}", highlight=False)
            case StepDone():
                self._clear()
                self._progress.console.print(f"  + {event.title} ({event.seconds:.0f} s)", highlight=False)
            case StepFailed():
                self._clear()
                self._progress.console.print(f"  x {event.title}", highlight=False)

    def _clear(self) -> None:
        if self._task is not None:
            self._progress.remove_task(self._task)
            self._task = None


def _count(event: StepProgress) -> str:
    return f"{event.done}/{event.total} " if event.total else ""


@contextmanager
def step_view() -> Iterator[OnEvent]:
    """A listener for engine events, for as long as the block lasts."""
    if not is_terminal():
        yield PlainView()
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[what]}"),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        yield BarView(progress)
