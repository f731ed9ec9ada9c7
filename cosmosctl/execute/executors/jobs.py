"""Stops what runs: no queue takes new jobs, and nothing that costs money goes on while its network is taken away."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cosmosctl.errors import CosmosctlError
from cosmosctl.execute.journal import Record
from cosmosctl.execute.step import Run
from cosmosctl.plan.step import Step

ACTIVE = ("SUBMITTED", "PENDING", "RUNNABLE", "STARTING", "RUNNING")
REASON = "cosmosctl cleanup"
POLL_S = 1.0
LIMIT_S = 900.0


class Jobs:
    def inputs(self, step: Step, run: Run) -> Mapping[str, Any]:
        return {}

    def probe(self, step: Step, inputs: Mapping[str, Any], record: Record, run: Run) -> bool:
        return False

    def run(self, step: Step, inputs: Mapping[str, Any], run: Run) -> Mapping[str, Any]:
        queues = [item.id for item in run.ctx.inventory.list({"batch_job_queue"})]
        for queue in queues:
            run.ctx.batch.disable_queue(queue)
        stopped: set[str] = set()
        deadline = run.ctx.clock.monotonic() + LIMIT_S
        while True:
            active = [job for queue in queues for job in run.ctx.batch.list_jobs(queue, ACTIVE)]
            if not active:
                return {"stopped": len(stopped)}
            if run.ctx.clock.monotonic() > deadline:
                raise CosmosctlError(
                    "timeout", f"job {active[0].id} is still {active[0].status}", path=active[0].id, hint="cosmosctl cleanup   tries again"
                )
            fresh = [job.id for job in active if job.id not in stopped]
            run.ctx.batch.stop(fresh, REASON)
            stopped |= set(fresh)
            run.progress(step)(len(stopped) - len(active), len(stopped), f"waiting for {len(active)} jobs to stop")
            run.ctx.clock.sleep(POLL_S)


EXECUTOR = Jobs()
