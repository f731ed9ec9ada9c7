"""`plan`: everything that can be known before money is spent."""

from __future__ import annotations

from typing import Annotated

import typer

from cosmosctl.cli import options
from cosmosctl.cli.examples import examples
from cosmosctl.cli.output import OutputMode

app = typer.Typer(rich_markup_mode=None)


@app.command(epilog=examples("cosmosctl plan", "cosmosctl plan --blueprint reason --variant 8B", "cosmosctl plan --exit-code -o json"))
def plan(
    blueprint: Annotated[
        str, typer.Option(help="Also check this blueprint: fit, licence, price.", autocompletion=options.blueprint_names)
    ] = "",
    variant: Annotated[str, typer.Option(help="Variant of the blueprint.")] = "",
    exit_code: Annotated[bool, typer.Option("--exit-code", help="Exit with 6 when there is something to change.")] = False,
    offline: Annotated[bool, typer.Option("--checks-only", help="Preflight alone, without the Terraform plan.")] = False,
    skip_check: options.SkipCheck = [],  # noqa: B006
    set_: options.Set = [],  # noqa: B006
    file: options.File = "",
    output: options.Output = OutputMode.TEXT,
) -> None:
    """Check everything and show what install would do, without doing it."""
    from cosmosctl.cli.acting import run_plan

    run_plan(file, set_, blueprint, variant, tuple(skip_check), exit_code, offline, output)
