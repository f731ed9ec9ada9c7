"""Applies one stack: exactly the plan that was saved, refused when it would lose data, verified by its contract."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from cosmosctl.config.contracts import parse_contract
from cosmosctl.execute import keep
from cosmosctl.execute.inputs import inputs_key, tfvars_for
from cosmosctl.execute.journal import Record
from cosmosctl.execute.orphans import settle
from cosmosctl.execute.stacks import (
    addresses_of,
    contract_model,
    outputs_of,
    source_digest,
    stack_dir,
    stored_state,
    version_of,
)
from cosmosctl.execute.step import Run
from cosmosctl.execute.terraforming import apply, plan
from cosmosctl.plan.protect import losses, refusal
from cosmosctl.plan.step import Step
from cosmosctl.ports.terraform import StackDir


class Terraform:
    def inputs(self, step: Step, run: Run) -> Mapping[str, Any]:
        return {"tfvars": tfvars_for(step, run), "source": source_digest(run.ctx.assets.infra, step.params["source"])}

    def probe(self, step: Step, inputs: Mapping[str, Any], record: Record, run: Run) -> bool:
        """The state is the one that we left, and nothing was cut off since; `verify` looks at the resources themselves."""
        stack = _stack(step, run)
        return not run.ctx.terraform.crashed(stack) and version_of(stored_state(run.ctx, stack)) == record.outputs.get("state")

    def run(self, step: Step, inputs: Mapping[str, Any], run: Run) -> Mapping[str, Any]:
        stack = _stack(step, run)
        if run.ctx.terraform.crashed(stack):
            settle(step, run, stack)
        summary = plan(step, {**inputs["tfvars"], **_adopted(step, run, stack)}, run, stack)
        if run.ctx.terraform.crashed(stack):  # seen only now, by the lock that was left
            settle(step, run, stack)
            summary = plan(step, {**inputs["tfvars"], **_adopted(step, run, stack)}, run, stack)
        lost = losses(summary, run.allow_replace)
        if lost:
            raise refusal(stack.stack, lost)
        if not summary.empty:
            apply(step, run, stack, summary)
        if stack.backend:
            run.ctx.store(str(stack.backend["bucket"])).put(
                inputs_key(stack.stack), json.dumps(inputs["tfvars"]).encode(), content_type="application/json"
            )
        state = stored_state(run.ctx, stack)
        outputs = outputs_of(state)
        parse_contract(contract_model(stack.stack), stack.stack, outputs)
        return {"contract": outputs["contract"], "state": version_of(state), "changes": len(summary.changes)}


def _stack(step: Step, run: Run) -> StackDir:
    return stack_dir(run.ctx, step.params["stack"], step.params["source"], local=bool(step.params.get("local")))


def _adopted(step: Step, run: Run, stack: StackDir) -> dict[str, Any]:
    """The variable that imports data which an earlier cleanup has kept."""
    if not step.params.get("adopt"):
        return {}
    bucket = run.ctx.names.data_bucket
    if keep.BUCKET in addresses_of(stored_state(run.ctx, stack)) or not run.ctx.buckets.exists(bucket):
        return {}
    run.notice(step, f"taking over the kept data bucket {bucket}")
    return {"adopt": keep.adoption(run.ctx.inventory.list(keep.KEPT_KINDS), bucket)}


EXECUTOR = Terraform()
