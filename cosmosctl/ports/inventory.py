"""What exists in the account: by listing every service, because the tagging API misses half of them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Residue:
    """One AWS resource of a deployment.

    `kind` is a Terraform-like noun (`ec2_vpc`, `batch_compute_environment`); `id` is what the API takes; `found_by` is
    `name` or `tag`.
    """

    service: str
    kind: str
    id: str
    name: str = ""
    found_by: str = "name"

    def __str__(self) -> str:
        return f"{self.kind} {self.name or self.id}" + (f" ({self.id})" if self.name and self.name != self.id else "")


class Inventory(Protocol):
    def kinds(self) -> Sequence[str]:
        """Every kind that `list` looks for, in the order in which they can be deleted."""
        ...

    def list(self, only: Collection[str] = ()) -> Sequence[Residue]:
        """What exists of the deployment; what AWS is already deleting (a KMS key in its window) is left out."""
        ...

    def delete(self, resource: Residue) -> None:
        """Starts or does the deletion; something gone already is no error."""
        ...
