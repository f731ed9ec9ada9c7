"""`status`: the deployment, or one run exact to the sample."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from cosmosctl.cli import options
from cosmosctl.cli.examples import examples
from cosmosctl.cli.output import OutputMode, emit, table

app = typer.Typer(rich_markup_mode=None)


@app.command(epilog=examples("cosmosctl status", "cosmosctl status predict-20260410-165029-1f3a --wait", "cosmosctl status -o json"))
def status(
    run: Annotated[str, typer.Argument(help="A run id or its beginning; the deployment without it.")] = "",
    wait: Annotated[bool, typer.Option("--wait", help="Follow the run until it ends.")] = False,
    timeout_minutes: Annotated[float, typer.Option(min=0, help="Stop following after this long; 0 never.")] = 0,
    set_: options.Set = [],  # noqa: B006
    file: options.File = "",
    output: options.Output = OutputMode.TEXT,
) -> None:
    """Show the deployment, or one run exact to the sample."""
    from cosmosctl.cli.following import follow_run
    from cosmosctl.cli.wiring import connect, load_deployment
    from cosmosctl.services.overview import overview
    from cosmosctl.services.runs import resolve_run
    from cosmosctl.services.runs import status as run_status

    opened = connect(load_deployment(file, set_))
    if not run:
        view = overview(opened.deployment, opened.ctx)
        rows = [[item.stack, item.state, item.detail] for item in view.stacks]
        emit("status", view, [f"{view.name} on {view.target} ({view.region})", "", *table(["stack", "state", "detail"], rows)], output)
        return
    run_id = resolve_run(opened.data, run)
    if wait:
        follow_run(opened, run_id, timeout_minutes * 60 or None)
    current = run_status(opened.data, opened.ctx.batch, run_id)
    emit("status", run_json(current), run_text(current), output)


def run_json(current: Any) -> dict[str, Any]:
    counts, jobs = current.counts, current.jobs
    return {
        "run_id": current.spec.run_id, "state": str(current.verdict.state), "reasons": list(current.verdict.reasons),
        "waiting_for": list(current.waiting),
        "samples": counts.samples, "done": counts.done, "failed": counts.failed, "pending": counts.pending,
        "shards": counts.shards, "shards_complete": counts.shards_complete,
        "jobs": {"waiting": jobs.waiting, "running": jobs.running, "succeeded": jobs.succeeded, "failed": jobs.failed},
        "failures": [{"sample": i.sample, "class": i.failure, "code": i.code, "message": i.message} for i in current.failures],
        "engine": current.spec.engine, "blueprint": current.spec.blueprint, "variant": current.spec.variant,
    }  # fmt: skip


def run_text(current: Any) -> list[str]:
    from cosmosctl.catalog.engines import uses_model

    counts, jobs, spec = current.counts, current.jobs, current.spec
    lines = [
        f"{spec.run_id}  {current.verdict.state}",
        f"  {spec.blueprint} {spec.variant}, engine {spec.engine}" + ("" if uses_model(spec.engine) else " (no model was used)"),
        f"  samples  {counts.done} done, {counts.failed} failed, {counts.pending} pending of {counts.samples}",
        f"  jobs     {jobs.waiting} waiting, {jobs.running} running, {jobs.succeeded} succeeded, {jobs.failed} failed",
    ]
    lines += [f"  reason   {reason}" for reason in current.verdict.reasons]
    lines += [f"  waiting  {reason}" for reason in current.waiting]
    lines += [f"  failed   {item.sample}: {item.failure} {item.code}: {item.message}" for item in current.failures]
    return lines
