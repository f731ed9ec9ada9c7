"""The proof after a cleanup: what AWS itself still lists of the deployment."""

from __future__ import annotations

from cosmosctl.execute.context import Context
from cosmosctl.execute.keep import kept_items
from cosmosctl.ports.inventory import Residue


def scan(ctx: Context) -> list[Residue]:
    """Everything of the deployment that exists, kept data included."""
    return list(ctx.inventory.list())


def split(ctx: Context, found: list[Residue], *, keep_data: bool) -> tuple[list[Residue], list[Residue]]:
    """(kept as asked, residue)."""
    kept = kept_items(found, ctx.names.data_bucket) if keep_data else []
    return kept, [item for item in found if item not in kept]
