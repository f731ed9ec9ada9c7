"""Planning and applying with progress: the same for creating, destroying and previewing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cosmosctl.execute.progress import TerraformProgress
from cosmosctl.execute.stacks import write_tfvars
from cosmosctl.execute.step import Run
from cosmosctl.plan.step import Step
from cosmosctl.ports.terraform import PlanSummary, StackDir


def plan(step: Step, variables: Mapping[str, Any], run: Run, stack: StackDir, *, destroy: bool = False) -> PlanSummary:
    """Writes the variables and saves a plan."""
    write_tfvars(stack, variables)
    run.progress(step)(0, 0, f"planning stack {stack.stack}")
    return run.ctx.terraform.plan(stack, destroy=destroy, on_event=_listener(step, run, frozenset()))


def apply(step: Step, run: Run, stack: StackDir, summary: PlanSummary) -> None:
    """Applies exactly the saved plan, then removes it: it is of no use twice."""
    addresses = frozenset(change.address for change in summary.changes)
    run.ctx.terraform.apply(stack, on_event=_listener(step, run, addresses))
    stack.plan_file.unlink(missing_ok=True)


def _listener(step: Step, run: Run, addresses: frozenset[str]) -> TerraformProgress:
    return TerraformProgress(run.progress(step), lambda message: run.notice(step, message), addresses)
