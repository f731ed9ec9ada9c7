"""`sandbox`: the embedded AWS of a deployment. Commands that need it start it by themselves."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cosmosctl.cli import options
from cosmosctl.cli.examples import examples
from cosmosctl.cli.output import OutputMode, emit
from cosmosctl.cli.wiring import load_deployment, sandbox_folder

app = typer.Typer(rich_markup_mode=None, no_args_is_help=True, help="Start, stop and inspect the embedded AWS.")


@app.command(epilog=examples("cosmosctl sandbox start", "cosmosctl sandbox start -o json"))
def start(file: options.File = "", output: options.Output = OutputMode.TEXT) -> None:
    """Start the embedded AWS of this deployment; does nothing when it runs."""
    from cosmosctl.adapters import sandbox_process

    endpoint = sandbox_process.ensure_started(sandbox_folder(load_deployment(file, [])))
    emit("sandbox start", {"endpoint": endpoint}, f"embedded AWS at {endpoint}", output)


@app.command(epilog=examples("cosmosctl sandbox stop", "cosmosctl sandbox stop --all"))
def stop(
    all_: Annotated[bool, typer.Option("--all", help="Every sandbox under .cosmosctl of this folder.")] = False,
    file: options.File = "",
    output: options.Output = OutputMode.TEXT,
) -> None:
    """Stop it; its state stays and the next command brings it back."""
    from cosmosctl.adapters import sandbox_process

    folders = sorted(Path(".cosmosctl").glob("*/sandbox")) if all_ else [sandbox_folder(load_deployment(file, []))]
    stopped = [str(folder) for folder in folders if sandbox_process.stop(folder)]
    emit("sandbox stop", {"stopped": stopped}, [f"stopped {folder}" for folder in stopped] or ["nothing was running"], output)


@app.command(epilog=examples("cosmosctl sandbox status", "cosmosctl sandbox status -o json"))
def status(file: options.File = "", output: options.Output = OutputMode.TEXT) -> None:
    """Show whether it runs, what it holds, and what it does not prove."""
    from cosmosctl.adapters import sandbox_process

    facts = sandbox_process.status(sandbox_folder(load_deployment(file, [])))
    lines = [f"{key}: {value}" for key, value in facts.items()]
    emit("sandbox status", facts, lines, output)


@app.command(epilog=examples("cosmosctl sandbox reset --yes", "cosmosctl sandbox reset --yes -o json"))
def reset(yes: options.Yes = False, file: options.File = "", output: options.Output = OutputMode.TEXT) -> None:
    """Forget everything in the embedded AWS, as if the account were new."""
    from cosmosctl.adapters import sandbox_process
    from cosmosctl.cli.confirm import confirm

    folder = sandbox_folder(load_deployment(file, []))
    confirm(f"forget everything in {folder}?", yes)
    sandbox_process.reset(folder)
    emit("sandbox reset", {"reset": str(folder)}, "the embedded AWS is empty", output)
