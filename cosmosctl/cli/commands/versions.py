"""`versions`: every pin of this release, from one manifest."""

from __future__ import annotations

import typer

from cosmosctl import __version__
from cosmosctl.cli import options
from cosmosctl.cli.examples import examples
from cosmosctl.cli.output import OutputMode, emit

app = typer.Typer(rich_markup_mode=None)


@app.command(epilog=examples("cosmosctl versions", "cosmosctl versions -o json"))
def versions(output: options.Output = OutputMode.TEXT) -> None:
    """Show every pinned version."""
    from cosmosctl.catalog.versions import as_data

    data = {"cosmosctl": __version__, **as_data()}
    lines = []
    for group, value in data.items():
        if isinstance(value, dict):
            lines += [group, *(f"  {key}: {item}" for key, item in value.items())]
        else:
            lines.append(f"{group}: {value}")
    emit("versions", data, lines, output)
