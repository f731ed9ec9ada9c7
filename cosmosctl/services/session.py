"""What every mutating service does around the engine: lock, journal, one listener that also remembers warnings."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from cosmosctl.execute.context import Context
from cosmosctl.execute.events import Event, OnEvent, StepNotice
from cosmosctl.execute.journal import Journal
from cosmosctl.execute.lock import deployment_lock
from cosmosctl.execute.step import Run
from cosmosctl.findings import Finding, Level


@dataclass
class Listener:
    """Passes events on and keeps the warnings as findings."""

    then: OnEvent
    findings: list[Finding] = field(default_factory=list)

    def __call__(self, event: Event) -> None:
        if isinstance(event, StepNotice) and event.warning:
            self.findings.append(Finding(event.step, Level.WARNING, "step_notice", event.message))
        self.then(event)


@contextmanager
def working(ctx: Context, command: str, on_event: OnEvent | None, allow_replace: tuple[str, ...] = ()) -> Iterator[tuple[Run, Listener]]:
    """Holds the deployment's lock for the whole command."""
    listener = Listener(on_event or ctx.on_event)
    with deployment_lock(ctx.workdir, command, ctx.clock.now()):
        yield Run(ctx, Journal(ctx.workdir / "journal.jsonl"), listener, allow_replace), listener
