"""`init`: the first file of a deployment."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cosmosctl.cli import options
from cosmosctl.cli.examples import examples
from cosmosctl.cli.output import OutputMode, emit
from cosmosctl.errors import CosmosctlError

app = typer.Typer(rich_markup_mode=None)


@app.command(epilog=examples("cosmosctl init --name lab", "cosmosctl init --target aws --region us-west-2"))
def init(
    name: Annotated[str, typer.Option(envvar="COSMOSCTL_NAME", help="Deployment name; derived from the folder without it.")] = "",
    target: Annotated[str, typer.Option(envvar="COSMOSCTL_TARGET", help="sandbox (no account needed) or aws.")] = "sandbox",
    region: Annotated[str, typer.Option(envvar="COSMOSCTL_REGION", help="AWS region.")] = "us-east-1",
    force: Annotated[bool, typer.Option("--force", help="Overwrite an existing file.")] = False,
    file: options.File = "",
    output: options.Output = OutputMode.TEXT,
) -> None:
    """Write a commented cosmosctl.yaml."""
    from cosmosctl.config.default import render_default, suggest_name
    from cosmosctl.config.loader import accept, draft

    path = Path(file or "cosmosctl.yaml")
    if path.exists() and not force:
        raise CosmosctlError("usage", "the file is there already", path=str(path), hint="edit it, or overwrite it with --force")
    text = render_default(name or suggest_name(path.absolute().parent.name), target, region)
    accept(draft(text, str(path), path, path.parent))
    path.write_text(text, encoding="utf-8")
    emit("init", {"path": str(path)}, f"wrote {path}\nnext: cosmosctl install", output)
