"""`logs`: what the jobs of a run wrote."""

from __future__ import annotations

from typing import Annotated

import typer

from cosmosctl.cli import options
from cosmosctl.cli.examples import examples
from cosmosctl.cli.output import OutputMode, emit

app = typer.Typer(rich_markup_mode=None)


@app.command(epilog=examples("cosmosctl logs", "cosmosctl logs predict-20260410-165029-1f3a --shard 3 --lines 200"))
def logs(
    run: Annotated[str, typer.Argument(help="A run id or its beginning; the newest run without it.")] = "",
    shard: Annotated[int, typer.Option(min=-1, help="One shard; all of them without it.")] = -1,
    lines: Annotated[int, typer.Option(min=1, max=10_000, help="Last lines per job.")] = 50,
    set_: options.Set = [],  # noqa: B006
    file: options.File = "",
    output: options.Output = OutputMode.TEXT,
) -> None:
    """Show the log lines of a run's jobs."""
    from cosmosctl.cli.wiring import connect, load_deployment
    from cosmosctl.services.joblogs import job_logs
    from cosmosctl.services.runs import resolve_run

    opened = connect(load_deployment(file, set_))
    run_id = resolve_run(opened.data, run)
    found = job_logs(opened.data, opened.ctx.batch, opened.logs, opened.ctx.names, run_id, shard=shard if shard >= 0 else None, lines=lines)
    text: list[str] = []
    for job in found:
        text += [f"== {job.job} ({job.status}, attempt {job.attempt})", *job.lines]
    emit("logs", {"run_id": run_id, "jobs": found}, text or ["no job has written anything yet"], output)
