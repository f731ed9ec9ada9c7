"""Data that outlives its stack: taken out of the state at cleanup, taken in again by the next install.

Only the storage module: the bucket with its settings, and the key without which nobody can read it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from cosmosctl.ports.inventory import Residue

MODULE = "module.storage"
BUCKET = f"{MODULE}.aws_s3_bucket.this"
KEPT_KINDS = frozenset({"s3_bucket", "kms_key", "kms_alias"})


def kept_addresses(state: Sequence[str]) -> list[str]:
    """What of a state is kept when data is kept."""
    return [item for item in state if item.startswith(f"{MODULE}.")]


def kept_items(items: Iterable[Residue], bucket: str) -> list[Residue]:
    """Bucket, key and alias; without the bucket there is nothing to keep a key for."""
    found = [item for item in items if item.kind in {"kms_key", "kms_alias"} or (item.kind == "s3_bucket" and item.id == bucket)]
    return found if any(item.kind == "s3_bucket" for item in found) else []


def adoption(existing: Iterable[Residue], bucket: str) -> dict[str, str | None]:
    """The foundation stack's variable `adopt`: what exists and shall be imported instead of created."""
    ids = {item.kind: item.id for item in kept_items(existing, bucket)}
    both = "kms_key" in ids and "kms_alias" in ids
    return {"bucket": ids.get("s3_bucket"), "kms_key_id": ids.get("kms_key"), "kms_alias": ids["kms_alias"] if both else None}
