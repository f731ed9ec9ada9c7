"""`runs`: everything about runs that exist."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cosmosctl.cli import options
from cosmosctl.cli.examples import examples
from cosmosctl.cli.output import OutputMode, emit, say, table

app = typer.Typer(rich_markup_mode=None, no_args_is_help=True, help="List, show, cancel, retry, fetch and report runs.")
Run = Annotated[str, typer.Argument(metavar="RUN", help="A run id or its beginning; the newest run without it.")]


@app.command("list", epilog=examples("cosmosctl runs list", "cosmosctl runs list --blueprint predict -o json"))
def list_(
    blueprint: Annotated[str, typer.Option(help="Only runs of this blueprint.")] = "",
    limit: Annotated[int, typer.Option(min=1, help="How many, newest first.")] = 20,
    file: options.File = "",
    output: options.Output = OutputMode.TEXT,
) -> None:
    """List runs, newest first."""
    from cosmosctl.cli.wiring import connect, load_deployment
    from cosmosctl.services.runs import list_runs, status

    opened = connect(load_deployment(file, []))
    found = [status(opened.data, opened.ctx.batch, run_id, with_failures=False) for run_id in list_runs(opened.data, blueprint)[:limit]]
    rows = [
        [item.spec.run_id, item.verdict.state, f"{item.counts.done}/{item.counts.samples}", item.spec.variant, item.spec.engine]
        for item in found
    ]
    data = [
        {"run_id": item.spec.run_id, "state": str(item.verdict.state), "done": item.counts.done, "samples": item.counts.samples}
        for item in found
    ]
    emit("runs list", data, table(["run", "state", "done", "variant", "engine"], rows) if rows else "there is no run yet", output)


@app.command(epilog=examples("cosmosctl runs show", "cosmosctl runs show predict-20260410-165029-1f3a -o json"))
def show(run: Run = "", file: options.File = "", output: options.Output = OutputMode.TEXT) -> None:
    """Show one run with its parameters and failures."""
    from dataclasses import asdict

    from cosmosctl.cli.commands.status import run_json, run_text
    from cosmosctl.cli.wiring import connect, load_deployment
    from cosmosctl.services.runs import resolve_run, status

    opened = connect(load_deployment(file, []))
    current = status(opened.data, opened.ctx.batch, resolve_run(opened.data, run))
    spec = asdict(current.spec)
    text = [*run_text(current), "", *(f"  {key}: {value}" for key, value in spec.items() if value not in ("", (), {}))]
    emit("runs show", {**run_json(current), "spec": spec}, text, output)


@app.command(epilog=examples("cosmosctl runs cancel predict-20260410-165029-1f3a", "cosmosctl runs cancel --yes -o json"))
def cancel(
    run: Run = "",
    plan: options.PlanOnly = False,
    yes: options.Yes = False,
    file: options.File = "",
    output: options.Output = OutputMode.TEXT,
) -> None:
    """End every job of a run and confirm that none is left; results stay."""
    from cosmosctl.cli.commands.status import run_json, run_text
    from cosmosctl.cli.confirm import confirm
    from cosmosctl.cli.wiring import connect, load_deployment
    from cosmosctl.services import runs as service

    opened = connect(load_deployment(file, []))
    run_id = service.resolve_run(opened.data, run)
    if plan:
        current = service.status(opened.data, opened.ctx.batch, run_id)
        emit("runs cancel", run_json(current), [*run_text(current), "nothing was cancelled"], output)
        return
    confirm(f"cancel {run_id}?", yes)
    current = service.cancel(opened.data, opened.ctx.batch, opened.ctx.clock, run_id, "cancelled with cosmosctl runs cancel")
    emit("runs cancel", run_json(current), run_text(current), output)


@app.command(epilog=examples("cosmosctl runs retry predict-20260410-165029-1f3a --wait", "cosmosctl runs retry --plan"))
def retry(
    run: Run = "",
    include_input: Annotated[bool, typer.Option("--include-input", help="Also samples that failed for their input.")] = False,
    wait: Annotated[bool, typer.Option("--wait", help="Follow until it ends.")] = False,
    plan: options.PlanOnly = False,
    file: options.File = "",
    output: options.Output = OutputMode.TEXT,
) -> None:
    """Submit only what has no result."""
    from cosmosctl.cli.following import follow_run
    from cosmosctl.cli.wiring import connect, load_deployment
    from cosmosctl.services import runs as service

    opened = connect(load_deployment(file, []))
    run_id = service.resolve_run(opened.data, run)
    wanted = service.plan_retry(opened.data, opened.ctx.batch, opened.ctx.clock.now, run_id, include_input=include_input)
    decided = wanted[1]
    data = {"run_id": run_id, "samples": decided.samples, "shards": decided.shards, "final": decided.final, "jobs": list[str]()}
    if decided.empty or plan:
        text = (
            f"{run_id}: nothing to retry"
            if decided.empty
            else f"{run_id}: {decided.samples} samples in {decided.shards} shards would run again"
        )
        emit(
            "runs retry", data, [text, *([f"{decided.final} failed for their input and stay as they are"] if decided.final else [])], output
        )
        return
    jobs = service.retry(wanted, opened.data, opened.ctx.batch, opened.ctx.clock.now, opened.deployment.tags)
    if wait:
        follow_run(opened, run_id, None)
    emit(
        "runs retry",
        {**data, "jobs": list(jobs)},
        [f"{run_id}: {decided.samples} samples submitted again", f"next: cosmosctl status {run_id} --wait"],
        output,
    )


@app.command(epilog=examples("cosmosctl runs fetch", "cosmosctl runs fetch predict-20260410-165029-1f3a --to results/"))
def fetch(
    run: Run = "",
    to: Annotated[Path | None, typer.Option(help="Folder; outputs/RUN without it.")] = None,
    file: options.File = "",
    output: options.Output = OutputMode.TEXT,
) -> None:
    """Download the outputs; files that are there already are left alone."""
    from cosmosctl.cli.wiring import connect, load_deployment
    from cosmosctl.runs.status import load_spec
    from cosmosctl.services.fetch import fetch as act
    from cosmosctl.services.runs import resolve_run

    opened = connect(load_deployment(file, []))
    spec = load_spec(opened.data, resolve_run(opened.data, run))

    def show_progress(done: int, total: int, what: str) -> None:
        if done == total or done % 50 == 0:
            say(f"{done}/{total} {what}")

    found = act(spec, opened.data, to or Path("outputs") / spec.run_id, show_progress)
    emit("runs fetch", found, f"{found.files} files in {found.folder} ({found.downloaded} new, {found.bytes / 1048576:.1f} MiB)", output)


@app.command(epilog=examples("cosmosctl runs report", "cosmosctl runs report predict-20260410-165029-1f3a --to report.html"))
def report(
    run: Run = "",
    to: Annotated[Path | None, typer.Option(help="HTML file; .cosmosctl/NAME/reports/RUN.html without it.")] = None,
    file: options.File = "",
    output: options.Output = OutputMode.TEXT,
) -> None:
    """Write one self-contained HTML page: input and output side by side."""
    from cosmosctl.cli.wiring import connect, load_deployment, scratch
    from cosmosctl.services.report import write_report
    from cosmosctl.services.runs import resolve_run

    opened = connect(load_deployment(file, []))
    run_id = resolve_run(opened.data, run)
    target = to or opened.ctx.workdir / "reports" / f"{run_id}.html"
    with scratch(opened.ctx.workdir) as folder:
        made = write_report(opened.deployment, opened.ctx, opened.data, run_id, target, folder)
    emit("runs report", made, f"report: {made.path.absolute()}", output)
