"""`test`: a real question to what is deployed."""

from __future__ import annotations

from typing import Annotated

import typer

from cosmosctl.cli import options
from cosmosctl.cli.examples import examples
from cosmosctl.cli.output import OutputMode, emit, say

app = typer.Typer(rich_markup_mode=None)


@app.command(epilog=examples("cosmosctl test", "cosmosctl test predict --timeout-minutes 60"))
def test(
    blueprint: Annotated[
        str, typer.Argument(help="A deployed blueprint; all of them without it.", autocompletion=options.blueprint_names)
    ] = "",
    timeout_minutes: Annotated[float, typer.Option(min=0.1, help="Give up after this long.")] = 90,
    yes: options.Yes = False,
    set_: options.Set = [],  # noqa: B006
    file: options.File = "",
    output: options.Output = OutputMode.TEXT,
) -> None:
    """Ask the deployed thing a real question and check the answer."""
    from cosmosctl.cli.testing import test_blueprint
    from cosmosctl.cli.wiring import connect, load_deployment
    from cosmosctl.errors import CosmosctlError
    from cosmosctl.services.contracts import deployed_models

    opened = connect(load_deployment(file, set_))
    models = deployed_models(opened.states, opened.ctx.names)
    names = [blueprint] if blueprint else sorted(models)
    missing = [name for name in names if name not in models]
    if missing or not names:
        what = missing[0] if missing else "no blueprint"
        raise CosmosctlError(
            "not_deployed",
            f"{what} is not deployed" if missing else "no blueprint is deployed",
            path=what,
            hint="cosmosctl deploy predict --mode batch",
        )
    judged = []
    for name in names:
        for variant in models[name].variants:
            say(f"testing {name} {variant}")
            judged.append(test_blueprint(opened, name, variant, models[name], timeout_minutes * 60, yes))
    lines = [f"ok  {item.run_id}: {', '.join(item.outputs)}" for item in judged]
    emit("test", judged, lines, output)
