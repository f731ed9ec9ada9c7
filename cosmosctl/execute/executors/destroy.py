"""Destroys one stack by its own state. Kept data is taken out of the state first, so Terraform cannot touch it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cosmosctl.execute import keep
from cosmosctl.execute.inputs import saved_tfvars, tfvars_for
from cosmosctl.execute.journal import Record
from cosmosctl.execute.stacks import addresses_of, stack_dir, stored_state
from cosmosctl.execute.step import Run
from cosmosctl.execute.terraforming import apply, plan
from cosmosctl.plan.protect import losses, refusal
from cosmosctl.plan.step import Step
from cosmosctl.ports.terraform import PlanSummary, ResourceChange, StackDir


class Destroy:
    def inputs(self, step: Step, run: Run) -> Mapping[str, Any]:
        return {"stack": step.params["stack"], "keep": bool(step.params.get("keep"))}

    def probe(self, step: Step, inputs: Mapping[str, Any], record: Record, run: Run) -> bool:
        return False  # looking whether anything is left is the first thing that `run` does

    def run(self, step: Step, inputs: Mapping[str, Any], run: Run) -> Mapping[str, Any]:
        stack = _stack(step, run)
        present = addresses_of(stored_state(run.ctx, stack))
        kept = keep.kept_addresses(present) if inputs["keep"] else []
        run.ctx.terraform.forget(stack, kept)
        if len(kept) == len(present):
            return {"destroyed": 0, "kept": kept}
        variables = saved_tfvars(run.ctx, stack.stack) if stack.backend else tfvars_for(step, run)
        if variables is None:
            run.notice(step, f"the variables of stack {stack.stack} are lost; its resources are deleted one by one", warning=True)
            return {"destroyed": 0, "kept": kept}
        summary = plan(step, variables, run, stack, destroy=True)
        lost = _kept_but_lost(summary) if inputs["keep"] else ()
        if lost:
            raise refusal(stack.stack, lost)
        if not summary.empty:
            apply(step, run, stack, summary)
        run.ctx.terraform.settled(stack)
        return {"destroyed": len(summary.changes), "kept": kept}


def _kept_but_lost(summary: PlanSummary) -> tuple[ResourceChange, ...]:
    """The state forgot what is kept, so this is the second lock. Everything else may go: the weight cache is only a copy."""
    return tuple(change for change in losses(summary, ()) if keep.kept_addresses([change.address]))


def _stack(step: Step, run: Run) -> StackDir:
    return stack_dir(run.ctx, step.params["stack"], step.params["source"], local=bool(step.params.get("local")))


EXECUTOR = Destroy()
