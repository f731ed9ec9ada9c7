"""`doctor`: which cause holds, and the next command."""

from __future__ import annotations

from typing import Annotated

import typer

from cosmosctl.cli import options
from cosmosctl.cli.examples import examples
from cosmosctl.cli.output import OutputMode

app = typer.Typer(rich_markup_mode=None)


@app.command(epilog=examples("cosmosctl doctor", "cosmosctl doctor predict", "cosmosctl doctor predict-20260410-165029-1f3a -o json"))
def doctor(
    subject: Annotated[str, typer.Argument(metavar="[BLUEPRINT|RUN]", help="A blueprint or a run; the whole deployment without it.")] = "",
    set_: options.Set = [],  # noqa: B006
    file: options.File = "",
    output: options.Output = OutputMode.TEXT,
) -> None:
    """Find out why something does not work, and name the next command."""
    from cosmosctl.cli.diagnosing import run_doctor

    run_doctor(subject, file, set_, output)
