"""What an executor is: it prepares (decides the inputs), probes, and runs one kind of step.

One file per kind in `executors`, found by its name; each has `EXECUTOR`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol, TypeVar, cast

from cosmosctl.config.contracts import Contract, parse_contract
from cosmosctl.errors import CosmosctlError
from cosmosctl.execute.context import Context
from cosmosctl.execute.events import OnEvent, StepNotice, StepProgress
from cosmosctl.execute.journal import Journal, Record
from cosmosctl.plan.step import Step

Progress = Callable[[int, int, str], None]
C = TypeVar("C", bound=Contract)


def digest_of(inputs: Mapping[str, Any]) -> str:
    """Equal inputs, equal digest; independent of key order."""
    return hashlib.sha256(json.dumps(inputs, sort_keys=True, separators=(",", ":"), default=str).encode()).hexdigest()


@dataclass
class Run:
    """One pass of the engine: the context, what earlier steps gave, and the user's permissions."""

    ctx: Context
    journal: Journal
    on_event: OnEvent
    allow_replace: tuple[str, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)

    def outputs(self, step: str) -> Mapping[str, Any]:
        record = self.journal.done(step)
        if record is None:
            raise CosmosctlError("not_deployed", f"step {step} has not been done yet", path=step, hint="cosmosctl install")
        return record.outputs

    def contract(self, model: type[C], stack: str) -> C:
        return parse_contract(model, stack, dict(self.outputs(f"stack:{stack}")))

    def progress(self, step: Step) -> Progress:
        return lambda done, total, what: self.on_event(StepProgress(step.id, done, total, what))

    def notice(self, step: Step, message: str, *, warning: bool = False) -> None:
        self.on_event(StepNotice(step.id, message, warning))

    @property
    def workdir(self) -> Path:
        return self.ctx.workdir


class Executor(Protocol):
    """All methods are idempotent. `inputs` decides, `probe` looks, `run` acts and verifies at the source."""

    def inputs(self, step: Step, run: Run) -> Mapping[str, Any]:
        """Everything that the result depends on, resolved and JSON-serialisable, without secrets."""
        ...

    def probe(self, step: Step, inputs: Mapping[str, Any], record: Record, run: Run) -> bool:
        """Whether what `record` says was done still holds."""
        ...

    def run(self, step: Step, inputs: Mapping[str, Any], run: Run) -> Mapping[str, Any]:
        """The outputs for the journal and later steps."""
        ...


def executor_for(kind: str) -> Executor:
    try:
        module = import_module(f"cosmosctl.execute.executors.{kind}")
    except ModuleNotFoundError as error:
        raise CosmosctlError("internal", f"there is no executor for steps of kind {kind}", path=kind) from error
    return cast(Executor, module.EXECUTOR)
