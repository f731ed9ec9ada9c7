"""Which planned changes would lose data, and are refused unless the user named their address."""

from __future__ import annotations

from collections.abc import Collection

from cosmosctl.errors import CosmosctlError
from cosmosctl.ports.terraform import PlanSummary, ResourceChange

PROTECTED_TYPES = frozenset({"aws_s3_bucket", "aws_efs_file_system", "aws_kms_key"})


def losses(summary: PlanSummary, allowed: Collection[str]) -> tuple[ResourceChange, ...]:
    """Deletions and replacements of protected resources that nobody allowed."""
    return tuple(
        change for change in summary.changes if change.destroys and change.type in PROTECTED_TYPES and change.address not in allowed
    )


def refusal(stack: str, lost: tuple[ResourceChange, ...]) -> CosmosctlError:
    first = lost[0].address
    what = ", ".join(f"{change.address} ({'replace' if 'create' in change.actions else 'delete'})" for change in lost)
    flags = " ".join(f"--allow-replace '{change.address}'" for change in lost)
    return CosmosctlError(
        "protected_resource",
        f"the plan of stack {stack} would lose data: {what}",
        path=first,
        hint=f"undo the change in cosmosctl.yaml that leads to it, or add {flags}",
    )
