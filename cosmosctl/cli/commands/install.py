"""`install`: creates the deployment, or goes on with one that was interrupted."""

from __future__ import annotations

import typer

from cosmosctl.cli import options
from cosmosctl.cli.examples import examples
from cosmosctl.cli.output import OutputMode

app = typer.Typer(rich_markup_mode=None)


@app.command(epilog=examples("cosmosctl install", "cosmosctl install --plan", "cosmosctl install --only stack:foundation --yes -o json"))
def install(
    plan: options.PlanOnly = False,
    only: options.Only = [],  # noqa: B006
    skip: options.Skip = [],  # noqa: B006
    skip_check: options.SkipCheck = [],  # noqa: B006
    allow_replace: options.AllowReplace = [],  # noqa: B006
    yes: options.Yes = False,
    set_: options.Set = [],  # noqa: B006
    file: options.File = "",
    output: options.Output = OutputMode.TEXT,
) -> None:
    """Create the deployment: foundation, then GPU pools."""
    from cosmosctl.cli.acting import Selection, run_install

    run_install(file, set_, Selection(tuple(only), tuple(skip), tuple(skip_check), tuple(allow_replace)), plan, yes, output)
