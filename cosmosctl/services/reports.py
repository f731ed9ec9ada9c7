"""What the services hand back: plain data for the command line to show as text or JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from cosmosctl.execute.engine import StepResult
from cosmosctl.findings import Finding
from cosmosctl.ports.inventory import Residue

PreviewState = Literal["run", "up to date", "unknown"]


@dataclass(frozen=True)
class Change:
    address: str
    action: str  # create | update | replace | delete


@dataclass(frozen=True)
class StepPreview:
    """`unknown` = depends on a step that has not run; `why` says on which."""

    step: str
    kind: str
    title: str
    state: PreviewState
    why: str = ""
    destructive: bool = False
    changes: tuple[Change, ...] = ()


@dataclass(frozen=True)
class Preview:
    """The answer to `--plan`."""

    command: str
    deployment: str
    steps: tuple[StepPreview, ...]

    @property
    def changes(self) -> bool:
        """Verification runs always and changes nothing."""
        return any(step.state != "up to date" for step in self.steps if step.kind != "verify")


@dataclass(frozen=True)
class InstallReport:
    steps: tuple[StepResult, ...]
    contracts: Mapping[str, Mapping[str, Any]]  # stack -> contract
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True)
class DeployReport:
    steps: tuple[StepResult, ...]
    blueprint: str
    variants: Mapping[str, Mapping[str, Any]]  # variant -> contract entry (job_definition, image, queue_name, engine, ...)
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True)
class CleanupReport:
    """`residue` is what should be gone and is not; `kept` is what was asked to stay."""

    steps: tuple[StepResult, ...]
    jobs_stopped: int
    removed: tuple[str, ...]
    kept: tuple[Residue, ...]
    residue: tuple[Residue, ...]
    findings: tuple[Finding, ...] = ()

    @property
    def clean(self) -> bool:
        return not self.residue and not any(step.outcome == "failed" for step in self.steps)
