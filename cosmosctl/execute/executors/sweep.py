"""Deletes what Terraform has not: leftovers of killed commands, late log groups, the state bucket, all without a state.

What may stay is told by `keep_data`. Whether anything is left is looked up afterwards by the caller, from scratch.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cosmosctl.execute import keep
from cosmosctl.execute.journal import Record
from cosmosctl.execute.step import Run
from cosmosctl.execute.sweep import sweep
from cosmosctl.plan.step import Step


class Sweep:
    def inputs(self, step: Step, run: Run) -> Mapping[str, Any]:
        return {"keep_data": step.params["keep_data"]}

    def probe(self, step: Step, inputs: Mapping[str, Any], record: Record, run: Run) -> bool:
        return False

    def run(self, step: Step, inputs: Mapping[str, Any], run: Run) -> Mapping[str, Any]:
        run.progress(step)(0, 0, "listing what is left")
        found = run.ctx.inventory.list()
        kept = keep.kept_items(found, run.ctx.names.data_bucket) if inputs["keep_data"] else []
        targets = [item for item in found if item not in kept]
        left = sweep(run.ctx, targets, run.progress(step))
        return {"deleted": [str(item) for item in targets if item not in left], "left": [str(item) for item in left]}


EXECUTOR = Sweep()
