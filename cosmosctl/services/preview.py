"""The answer to `--plan`: which steps would run, and what Terraform would change where its inputs are known.

Builds the same plan as the command itself and never calls the engine. Terraform's own plan only reads.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cosmosctl.errors import CosmosctlError
from cosmosctl.execute.context import Context
from cosmosctl.execute.engine import step_state
from cosmosctl.execute.events import OnEvent
from cosmosctl.execute.journal import Journal
from cosmosctl.execute.keep import kept_addresses
from cosmosctl.execute.stacks import addresses_of, stack_dir, stored_state
from cosmosctl.execute.step import Run, executor_for
from cosmosctl.execute.terraforming import plan as terraform_plan
from cosmosctl.plan.step import Plan, Step
from cosmosctl.ports.terraform import ResourceChange
from cosmosctl.services.reports import Change, Preview, StepPreview

ACTIONS: dict[tuple[str, ...], str] = {("delete", "create"): "replace", ("create", "delete"): "replace"}
NOT_KNOWN = {"not_deployed", "contract_mismatch"}


def preview(ctx: Context, plan: Plan, on_event: OnEvent | None = None) -> Preview:
    run = Run(ctx, Journal(ctx.workdir / "journal.jsonl"), on_event or ctx.on_event)
    pending: set[str] = set()
    steps = []
    for step in plan.steps:
        shown = _destroyed(step, run) if step.kind == "destroy" else _step(step, run, pending)
        if shown.state != "up to date":
            pending.add(step.id)
        steps.append(shown)
    return Preview(plan.command, plan.deployment, tuple(steps))


def _step(step: Step, run: Run, pending: set[str]) -> StepPreview:
    """Unknown only when something that it needs is going to change and its own inputs cannot be told before."""
    try:
        inputs = executor_for(step.kind).inputs(step, run)
    except CosmosctlError as error:
        if error.code not in NOT_KNOWN:
            raise
        before = next((need for need in step.needs if need in pending), error.path)
        return StepPreview(step.id, step.kind, step.title, "unknown", f"known after {before}", step.destructive)
    if step_state(step, inputs, run, executor_for(step.kind)):
        return StepPreview(step.id, step.kind, step.title, "up to date")
    changes = _changes(step, inputs, run) if step.kind == "terraform" else ()
    return StepPreview(step.id, step.kind, step.title, "run", "", step.destructive, changes)


def _changes(step: Step, inputs: Mapping[str, Any], run: Run) -> tuple[Change, ...]:
    """A stack without a bucket for its state is planned against an empty one of this machine."""
    absent = not run.ctx.buckets.exists(run.ctx.names.state_bucket)
    stack = stack_dir(run.ctx, f"{step.params['stack']}-preview" if absent else step.params["stack"], step.params["source"], local=absent)
    summary = terraform_plan(step, inputs["tfvars"], run, stack)
    stack.plan_file.unlink(missing_ok=True)
    return tuple(_change(change) for change in summary.changes)


def _change(change: ResourceChange) -> Change:
    return Change(change.address, ACTIONS.get(change.actions, change.actions[0]))


def _destroyed(step: Step, run: Run) -> StepPreview:
    """What a destroy deletes is what the state holds; no Terraform is needed to tell."""
    present = addresses_of(stored_state(run.ctx, stack_dir(run.ctx, step.params["stack"], step.params["source"])))
    kept = set(kept_addresses(present)) if step.params.get("keep") else set()
    changes = tuple(Change(address, "delete") for address in present if address not in kept)
    return StepPreview(step.id, step.kind, step.title, "run" if changes else "up to date", "", True, changes)
