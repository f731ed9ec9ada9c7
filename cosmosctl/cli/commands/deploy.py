"""`deploy`: a blueprint onto the deployment."""

from __future__ import annotations

from typing import Annotated

import typer

from cosmosctl.cli import options
from cosmosctl.cli.examples import examples
from cosmosctl.cli.output import OutputMode

app = typer.Typer(rich_markup_mode=None)


@app.command(epilog=examples("cosmosctl deploy predict --mode batch", "cosmosctl deploy reason --mode batch --variant 8B --plan"))
def deploy(
    blueprint: Annotated[str, typer.Argument(help="What to deploy.", autocompletion=options.blueprint_names)],
    mode: Annotated[str, typer.Option(help="batch: AWS Batch jobs over many inputs. realtime is not in this release.")] = "batch",
    variant: Annotated[str, typer.Option(help="Variant; the blueprint's default without it. Deployed variants stay.")] = "",
    engine: Annotated[str, typer.Option(help="Engine; chosen by the target without it.")] = "",
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
    """Put a blueprint on the deployment: image, job definition, smoke check."""
    from cosmosctl.cli.acting import Selection, run_deploy

    selection = Selection(tuple(only), tuple(skip), tuple(skip_check), tuple(allow_replace))
    run_deploy(file, set_, blueprint, mode, variant, engine, selection, plan, yes, output)
