"""Compute environment settings that the Terraform provider has no attribute for, set through the Batch API and read back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cosmosctl.config.contracts import BatchContract
from cosmosctl.errors import CosmosctlError
from cosmosctl.execute.journal import Record
from cosmosctl.execute.step import Run
from cosmosctl.plan.step import Step
from cosmosctl.ports.batch import EnvironmentState

POLL_S = 2.0
LIMIT_S = 600.0


class BatchSettings:
    def inputs(self, step: Step, run: Run) -> Mapping[str, Any]:
        """The environment's name is unique per creation, so a replaced one is set again."""
        pools = run.contract(BatchContract, "batch").pools
        wanted = step.params["scale_down_minutes"]
        return {"environments": {name: wanted.get(pool) or 0 for pool in pools for name in pools[pool].compute_environments.values()}}

    def probe(self, step: Step, inputs: Mapping[str, Any], record: Record, run: Run) -> bool:
        return not _different(run.ctx.batch.environments(list(inputs["environments"])), inputs["environments"])

    def run(self, step: Step, inputs: Mapping[str, Any], run: Run) -> Mapping[str, Any]:
        wanted = inputs["environments"]
        for number, (name, minutes) in enumerate(wanted.items()):
            run.progress(step)(number, len(wanted), name)
            same = not _different(_settled(run, [name]), {name: minutes})
            run.ctx.batch.update_settings(name, scale_down_minutes=None if same else minutes)
        different = _different(_settled(run, list(wanted)), wanted)
        if different:
            raise CosmosctlError("step_failed", f"the scale-down delay was not taken over by {', '.join(different)}", path=different[0])
        return {"environments": dict(wanted)}


def _different(states: Any, wanted: Mapping[str, int]) -> list[str]:
    actual = {state.name: state.scale_down_minutes or 0 for state in states}
    return [name for name, minutes in wanted.items() if actual.get(name) != minutes]


def _settled(run: Run, names: list[str]) -> list[EnvironmentState]:
    """Waits until no environment is being changed: Batch refuses a second update during the first."""
    deadline = run.ctx.clock.monotonic() + LIMIT_S
    while True:
        states = list(run.ctx.batch.environments(names))
        busy = [state for state in states if state.status in {"UPDATING", "CREATING"}]
        if not busy:
            return states
        if run.ctx.clock.monotonic() > deadline:
            raise CosmosctlError(
                "timeout", f"compute environment {busy[0].name} is still {busy[0].status}: {busy[0].reason}", path=busy[0].name
            )
        run.ctx.clock.sleep(POLL_S)


EXECUTOR = BatchSettings()
