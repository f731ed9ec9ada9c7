"""Empties the data bucket and the image repository: what a destroy would refuse to delete or take for ever to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cosmosctl.execute.journal import Record
from cosmosctl.execute.step import Run
from cosmosctl.plan.step import Step


class Data:
    def inputs(self, step: Step, run: Run) -> Mapping[str, Any]:
        return {"bucket": step.params.get("bucket", ""), "repository": step.params.get("repository", "")}

    def probe(self, step: Step, inputs: Mapping[str, Any], record: Record, run: Run) -> bool:
        return False

    def run(self, step: Step, inputs: Mapping[str, Any], run: Run) -> Mapping[str, Any]:
        removed = images = 0
        if inputs["bucket"]:
            removed = run.ctx.buckets.empty(
                inputs["bucket"], progress=lambda count: run.progress(step)(count, 0, f"{count} object versions deleted")
            )
        if inputs["repository"]:
            images = run.ctx.builds.delete_images(inputs["repository"])
        return {"versions": removed, "images": images}


EXECUTOR = Data()
