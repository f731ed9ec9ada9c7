"""Success looked up at the source: AWS says that the parts are there and healthy, not our own journal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cosmosctl.config.contracts import BatchContract, FoundationContract, ModelBatchContract
from cosmosctl.errors import CosmosctlError
from cosmosctl.execute.journal import Record
from cosmosctl.execute.step import Run
from cosmosctl.plan.step import Step

POLL_S = 2.0
LIMIT_S = 300.0


class Verify:
    def inputs(self, step: Step, run: Run) -> Mapping[str, Any]:
        return {"what": list(step.params["what"])}

    def probe(self, step: Step, inputs: Mapping[str, Any], record: Record, run: Run) -> bool:
        return False  # its result is the probe

    def run(self, step: Step, inputs: Mapping[str, Any], run: Run) -> Mapping[str, Any]:
        deadline = run.ctx.clock.monotonic() + LIMIT_S
        while True:
            problems, pending = _problems(inputs["what"], run)
            if not problems:
                return {"verified": inputs["what"]}
            if not pending or run.ctx.clock.monotonic() > deadline:
                raise CosmosctlError(
                    "step_failed", problems[0], path=step.id, detail="\n".join(problems), hint="cosmosctl doctor   looks for the cause"
                )
            run.progress(step)(0, 0, problems[0])
            run.ctx.clock.sleep(POLL_S)


def _problems(what: list[str], run: Run) -> tuple[list[str], bool]:
    """Every problem, and whether waiting may cure all of them."""
    found: list[tuple[str, bool]] = []
    for item in what:
        kind, _, name = item.partition(":")
        if kind == "foundation":
            found += _foundation(run)
        elif kind == "batch":
            found += _batch(run)
        else:
            found += _model(run, name)
    return [text for text, _ in found], all(pending for _, pending in found)


def _foundation(run: Run) -> list[tuple[str, bool]]:
    contract = run.contract(FoundationContract, "foundation")
    return [] if run.ctx.buckets.exists(contract.data_bucket) else [(f"the data bucket {contract.data_bucket} does not exist", False)]


def _batch(run: Run) -> list[tuple[str, bool]]:
    pools = run.contract(BatchContract, "batch").pools
    queues = {queue.name: queue for queue in run.ctx.batch.queues([pool.queue_name for pool in pools.values()])} if pools else {}
    names = [name for pool in pools.values() for name in pool.compute_environments.values()]
    environments = {state.name: state for state in run.ctx.batch.environments(names)} if names else {}
    found = []
    for pool in pools.values():
        queue = queues.get(pool.queue_name)
        found += [
            _health("job queue", pool.queue_name, queue.state, queue.status, queue.reason)
            if queue
            else (f"job queue {pool.queue_name} does not exist", False)
        ]
    for name in names:
        state = environments.get(name)
        found += [
            _health("compute environment", name, state.state, state.status, state.reason)
            if state
            else (f"compute environment {name} does not exist", False)
        ]
    return [item for item in found if item[0]]


def _health(kind: str, name: str, state: str, status: str, reason: str) -> tuple[str, bool]:
    if state == "ENABLED" and status == "VALID":
        return "", True
    return f"{kind} {name} is {state}/{status}{': ' + reason if reason else ''}", status in {"CREATING", "UPDATING"}


def _model(run: Run, blueprint: str) -> list[tuple[str, bool]]:
    contract = run.contract(ModelBatchContract, f"model-{blueprint}")
    found = []
    for name, variant in contract.variants.items():
        definition = run.ctx.batch.active_definition(variant.job_definition)
        if definition is None:
            found.append((f"variant {name}: job definition {variant.job_definition} is not ACTIVE", False))
        elif definition["containerProperties"]["image"] != variant.image:
            found.append(
                (f"variant {name}: job definition {variant.job_definition} has image {definition['containerProperties']['image']}", False)
            )
        repository, _, digest = variant.image.partition("@")
        if run.ctx.builds.digest_exists(repository.partition("/")[2], digest) is False:
            found.append((f"variant {name}: image {variant.image} is not in the repository", False))
    return found


EXECUTOR = Verify()
