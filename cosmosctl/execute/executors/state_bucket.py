"""The bucket that holds the Terraform states: it must exist before Terraform can run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cosmosctl.errors import CosmosctlError
from cosmosctl.execute.journal import Record
from cosmosctl.execute.step import Run
from cosmosctl.plan.step import Step


class StateBucket:
    def inputs(self, step: Step, run: Run) -> Mapping[str, Any]:
        return {"bucket": step.params["bucket"], "tags": dict(step.params["tags"])}

    def probe(self, step: Step, inputs: Mapping[str, Any], record: Record, run: Run) -> bool:
        return run.ctx.buckets.secure(inputs["bucket"])

    def run(self, step: Step, inputs: Mapping[str, Any], run: Run) -> Mapping[str, Any]:
        bucket = inputs["bucket"]
        applied = [record.step for record in run.journal.records() if record.step.startswith("stack:") and record.state == "done"]
        if applied and not run.ctx.buckets.exists(bucket):
            raise CosmosctlError(
                "state_lost",
                f"the state bucket {bucket} is gone, but {', '.join(applied)} had been applied with it",
                path=bucket,
                hint="cosmosctl cleanup --by-tag   deletes what exists without a state; then install again",
            )
        run.ctx.buckets.ensure(bucket, inputs["tags"])
        if not run.ctx.buckets.secure(bucket):
            raise CosmosctlError("step_failed", f"the state bucket {bucket} does not have the settings that were put", path=bucket)
        return {"bucket": bucket}


EXECUTOR = StateBucket()
