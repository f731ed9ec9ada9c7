"""Cleanup: take everything off again, from any state including none, and prove it by listing AWS."""

from __future__ import annotations

from cosmosctl.config.model import Deployment
from cosmosctl.execute.context import Context
from cosmosctl.execute.engine import EngineReport, execute
from cosmosctl.execute.events import OnEvent
from cosmosctl.execute.journal import Record
from cosmosctl.execute.orphans import known_stacks
from cosmosctl.execute.step import Run
from cosmosctl.plan.build import cleanup_plan
from cosmosctl.plan.step import Plan
from cosmosctl.services.preview import preview
from cosmosctl.services.reports import CleanupReport, Preview
from cosmosctl.services.residue import scan, split
from cosmosctl.services.session import working


def preview_cleanup(
    ctx: Context, deployment: Deployment, *, delete_data: bool = False, by_tag: bool = False, on_event: OnEvent | None = None
) -> Preview:
    return preview(ctx, _plan(ctx, deployment, delete_data, by_tag), on_event)


def cleanup(
    ctx: Context,
    deployment: Deployment,
    *,
    delete_data: bool = False,
    keep_going: bool = False,
    by_tag: bool = False,
    on_event: OnEvent | None = None,
) -> CleanupReport:
    """`delete_data` also counts when the configuration says so. A report with residue is for the caller to fail on."""
    delete_data = delete_data or not deployment.data.keep_on_cleanup
    with working(ctx, "cleanup", on_event) as (run, listener):
        report = execute(_plan(ctx, deployment, delete_data, by_tag), run, keep_going=keep_going)
        kept, residue = split(ctx, scan(ctx), keep_data=not delete_data)
        if not residue:
            _forget(run)
    return CleanupReport(
        report.results,
        int(report.outputs("cleanup:jobs").get("stopped", 0)),
        _removed(report),
        tuple(kept),
        tuple(residue),
        tuple(listener.findings),
    )


def _plan(ctx: Context, deployment: Deployment, delete_data: bool, by_tag: bool) -> Plan:
    return cleanup_plan(deployment, ctx.names, known_stacks(ctx), delete_data=delete_data, by_tag=by_tag)


def _removed(report: EngineReport) -> tuple[str, ...]:
    stacks = [
        f"stack {result.step.removeprefix('destroy:')}"
        for result in report.results
        if result.step.startswith("destroy:") and result.outcome == "done"
    ]
    return (*stacks, *report.outputs("cleanup:sweep").get("deleted", ()))


def _forget(run: Run) -> None:
    """Nothing of the deployment is there any more, so nothing in the journal holds."""
    at = run.ctx.clock.now().isoformat(timespec="seconds")
    for record in run.journal.records():
        if record.state != "removed":
            run.journal.append(Record(record.step, "removed", "", at, {}, "cleanup"))
    run.journal.compact()
