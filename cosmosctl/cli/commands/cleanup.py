"""`cleanup`: removes everything, then proves it."""

from __future__ import annotations

from typing import Annotated

import typer

from cosmosctl.cli import options
from cosmosctl.cli.examples import examples
from cosmosctl.cli.output import OutputMode

app = typer.Typer(rich_markup_mode=None)


@app.command(epilog=examples("cosmosctl cleanup --plan", "cosmosctl cleanup --yes --delete-data", "cosmosctl cleanup --yes --by-tag"))
def cleanup(
    delete_data: Annotated[
        bool | None,
        typer.Option("--delete-data/--keep-data", help="The data bucket; data.keep_on_cleanup decides without it.", show_default=False),
    ] = None,
    by_tag: Annotated[
        bool, typer.Option("--by-tag", help="The Terraform state is lost: delete what carries the deployment's tag and names.")
    ] = False,
    sandbox: Annotated[bool, typer.Option("--sandbox", help="Also stop the embedded AWS and forget its state.")] = False,
    plan: options.PlanOnly = False,
    yes: options.Yes = False,
    set_: options.Set = [],  # noqa: B006
    file: options.File = "",
    output: options.Output = OutputMode.TEXT,
) -> None:
    """Remove the deployment and prove that nothing is left."""
    from cosmosctl.cli.acting import run_cleanup

    run_cleanup(file, set_, delete_data, by_tag, sandbox, plan, yes, output)
