"""Deletes listed resources in the order that AWS accepts, in passes, because most deletions take effect later.

This module must not decide what is to be deleted.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from cosmosctl.errors import CosmosctlError
from cosmosctl.execute.context import Context
from cosmosctl.ports.inventory import Residue

PAUSE_S = 2.0
LONGEST_PAUSE_S = 15.0
PATIENCE_S = 600.0  # without any progress; a NAT gateway or a compute environment takes minutes


def sweep(
    ctx: Context, targets: Sequence[Residue], progress: Callable[[int, int, str], None], patience_s: float | None = None
) -> list[Residue]:
    """What could not be deleted. Only `targets` are touched."""
    wanted = {(item.kind, item.id) for item in targets}
    left = list(targets)
    changed, pause = ctx.clock.monotonic(), PAUSE_S
    while left:
        for item in left:
            progress(len(targets) - len(left), len(targets), f"deleting {item}")
            _try(ctx, item)
        remaining = [item for item in ctx.inventory.list({item.kind for item in left}) if (item.kind, item.id) in wanted]
        if len(remaining) < len(left):
            changed, pause = ctx.clock.monotonic(), PAUSE_S
        elif ctx.clock.monotonic() - changed > (PATIENCE_S if patience_s is None else patience_s):
            return remaining
        left = remaining
        if left:
            ctx.clock.sleep(pause)
            pause = min(pause * 1.5, LONGEST_PAUSE_S)
    return []


def _try(ctx: Context, item: Residue) -> None:
    """A refusal (still in use) is answered by the next pass; what stays at the end is reported."""
    try:
        ctx.inventory.delete(item)
    except CosmosctlError as error:
        if error.code != "aws_error":
            raise
