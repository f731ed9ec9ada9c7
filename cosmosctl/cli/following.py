"""Shows a run while it runs: a line whenever something changes, the queue's reasons while it waits."""

from __future__ import annotations

from collections.abc import Callable

from cosmosctl.cli.output import say
from cosmosctl.cli.wiring import Opened
from cosmosctl.services.runs import RunStatus, follow, require_success

QUIET_POLLS = 15


class RunLines:
    """Thins out polls: changes at once, otherwise a sign of life now and then."""

    def __init__(self) -> None:
        self._last = ""
        self._silent = 0

    def __call__(self, status: RunStatus, reasons: tuple[str, ...]) -> None:
        line = status_line(status)
        if reasons:
            line += f"; waiting: {'; '.join(reasons)}"
        self._silent += 1
        if line != self._last or self._silent >= QUIET_POLLS:
            say(line)
            self._last, self._silent = line, 0


def status_line(status: RunStatus) -> str:
    counts, jobs = status.counts, status.jobs
    failed = f", {counts.failed} failed" if counts.failed else ""
    where = f"jobs: {jobs.waiting} waiting, {jobs.running} running"
    return f"{status.spec.run_id}: {status.verdict.state} {counts.done}/{counts.samples}{failed} ({where})"


def follow_run(opened: Opened, run_id: str, timeout_s: float | None, before_raise: Callable[[], None] = lambda: None) -> RunStatus:
    """Follows to the end. Raises `run_failed` or `timeout`; `before_raise` is called once the run has ended."""
    followed = follow(opened.data, opened.ctx.batch, opened.ctx.clock, run_id, RunLines(), timeout_s=timeout_s)
    if not followed.timed_out:
        before_raise()
    require_success(followed)
    return followed.status
