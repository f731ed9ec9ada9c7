"""Terraform as the engine sees it: one working folder, a saved plan, JSON events."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

Event = Mapping[str, Any]
OnEvent = Callable[[Event], None]


@dataclass(frozen=True)
class StackDir:
    """One stack on this machine: `source` is its HCL, the rest lies under `.cosmosctl/<name>/`."""

    stack: str  # foundation, batch, model-predict
    source: Path  # infra/stacks/<stack> in the checkout or the wheel
    data_dir: Path  # TF_DATA_DIR
    tfvars: Path  # <stack>.tfvars.json
    plan_file: Path
    backend: Mapping[str, str | bool]  # bucket, key, region, use_lockfile, ...; empty = a file in data_dir
    extra_files: Mapping[str, str] = field(default_factory=dict)  # name -> HCL that is put beside the stack's own


@dataclass(frozen=True)
class ResourceChange:
    address: str
    type: str
    actions: tuple[str, ...]  # ("create",), ("delete", "create"), ...

    @property
    def destroys(self) -> bool:
        return "delete" in self.actions


@dataclass(frozen=True)
class PlanSummary:
    """What a saved plan would do; `changes` holds neither no-ops nor reads."""

    changes: tuple[ResourceChange, ...]
    outputs_changed: bool = False

    @property
    def empty(self) -> bool:
        return not self.changes and not self.outputs_changed


class Terraform(Protocol):
    """Raises `CosmosctlError("terraform_failed")` with Terraform's own diagnostics."""

    def version(self) -> str: ...

    def init(self, stack: StackDir) -> None: ...

    def plan(self, stack: StackDir, *, destroy: bool = False, on_event: OnEvent | None = None) -> PlanSummary: ...

    def apply(self, stack: StackDir, *, on_event: OnEvent | None = None) -> None:
        """Applies exactly `stack.plan_file` (a destroy plan too)."""
        ...

    def outputs(self, stack: StackDir) -> dict[str, Any]: ...

    def state_addresses(self, stack: StackDir) -> Sequence[str]: ...

    def state(self, stack: StackDir) -> Mapping[str, Any]:
        """The whole state as JSON; empty when there is none."""
        ...

    def forget(self, stack: StackDir, addresses: Sequence[str]) -> None:
        """Takes resources out of the state and leaves them in AWS."""
        ...

    def crashed(self, stack: StackDir) -> bool:
        """A change of this stack was killed before Terraform could write down what it had created."""
        ...

    def settled(self, stack: StackDir) -> None:
        """What a crash may have left behind has been dealt with."""
        ...

    def require_unlocked(self, stack: StackDir) -> None:
        """Raises `locked` while anybody else works on the state; a lock that a killed process of this machine left is removed."""
        ...

    def force_unlock_stale(self, stack: StackDir) -> bool:
        """Removes a state lock left by a killed process of this machine; False when there was none."""
        ...
