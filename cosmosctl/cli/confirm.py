"""Asks before something is created or removed; without a terminal it refuses instead of hanging."""

from __future__ import annotations

import typer

from cosmosctl.cli.output import is_terminal
from cosmosctl.errors import CosmosctlError


def confirm(question: str, yes: bool) -> None:
    """Returns when the user agrees. Raises `confirmation_required` without a terminal, `interrupted` on a no."""
    if yes:
        return
    if not is_terminal():
        raise CosmosctlError("confirmation_required", f"{question} needs an answer and there is no terminal", hint="add --yes")
    if not typer.confirm(question, err=True):
        raise CosmosctlError("interrupted", "nothing was done", hint="--plan shows what would be done")
