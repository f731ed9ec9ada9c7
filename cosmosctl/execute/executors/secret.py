"""The Hugging Face token: from the named variable of the shell into Secrets Manager, through nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cosmosctl.config.contracts import FoundationContract
from cosmosctl.execute.journal import Record
from cosmosctl.execute.step import Run
from cosmosctl.plan.step import Step


class Secret:
    def inputs(self, step: Step, run: Run) -> Mapping[str, Any]:
        return {"arn": run.contract(FoundationContract, "foundation").hf_secret_arn, "variable": step.params["variable"]}

    def probe(self, step: Step, inputs: Mapping[str, Any], record: Record, run: Run) -> bool:
        """Without a token in the shell nothing can change."""
        token = run.ctx.env.get(inputs["variable"], "").strip()
        return not token or run.ctx.secrets.holds(inputs["arn"], token)

    def run(self, step: Step, inputs: Mapping[str, Any], run: Run) -> Mapping[str, Any]:
        token = run.ctx.env.get(inputs["variable"], "").strip()
        if token:
            run.ctx.secrets.put_if_changed(inputs["arn"], token)
            return {"arn": inputs["arn"], "present": True}
        present = run.ctx.secrets.has_value(inputs["arn"])
        if not present:
            run.notice(step, f"{inputs['variable']} is not set: engines without a model need no token, the others will")
        return {"arn": inputs["arn"], "present": present}


EXECUTOR = Secret()
