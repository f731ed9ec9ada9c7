"""Use case: what of the deployment is there, read from the states and from Batch, never from our own journal."""

from __future__ import annotations

from dataclasses import dataclass

from cosmosctl.config.contracts import BatchContract, FoundationContract
from cosmosctl.config.model import Deployment
from cosmosctl.services.context import Context
from cosmosctl.services.contracts import deployed_models, read_contract
from cosmosctl.services.runs import list_runs

MISSING = "not there"


@dataclass(frozen=True)
class StackView:
    stack: str
    state: str
    detail: str


@dataclass(frozen=True)
class Overview:
    name: str
    target: str
    region: str
    endpoint: str | None
    stacks: tuple[StackView, ...]
    runs: tuple[str, ...]


def overview(deployment: Deployment, ctx: Context) -> Overview:
    """An account without this deployment gives an overview in which nothing is there."""
    stacks: list[StackView] = []
    runs: tuple[str, ...] = ()
    if ctx.buckets.exists(ctx.names.state_bucket):
        states = ctx.store(ctx.names.state_bucket)
        foundation = read_contract(states, ctx.names, "foundation", FoundationContract)
        batch = read_contract(states, ctx.names, "batch", BatchContract)
        stacks.append(_foundation(foundation))
        stacks += _pools(ctx, batch)
        stacks += [
            StackView(
                f"model-{name}",
                "deployed",
                ", ".join(f"{variant} ({item.engine} on {item.pool})" for variant, item in model.variants.items()),
            )
            for name, model in deployed_models(states, ctx.names).items()
        ]
        if foundation is not None and ctx.buckets.exists(foundation.data_bucket):
            runs = tuple(list_runs(ctx.store(foundation.data_bucket))[:10])
    else:
        stacks.append(_without_state(deployment, ctx))
    return Overview(deployment.name, str(deployment.target), deployment.region, ctx.session.endpoint, tuple(stacks), runs)


def _without_state(deployment: Deployment, ctx: Context) -> StackView:
    """No state bucket: either nothing is there, or it was deleted by hand and the resources live on, and cost."""
    alive = [queue.name for queue in ctx.batch.queues([ctx.names.queue(pool) for pool in deployment.batch.pools])]
    if alive:
        return StackView("foundation", "state is lost", f"{', '.join(alive)} still there: cosmosctl cleanup --by-tag")
    return StackView("foundation", MISSING, "cosmosctl install")


def _foundation(contract: FoundationContract | None) -> StackView:
    if contract is None:
        return StackView("foundation", MISSING, "cosmosctl install")
    return StackView("foundation", "deployed", f"{contract.vpc_id} in {len(contract.zones)} zones, data in {contract.data_bucket}")


def _pools(ctx: Context, contract: BatchContract | None) -> list[StackView]:
    if contract is None:
        return [StackView("batch", MISSING, "cosmosctl install")]
    queues = {queue.name: queue for queue in ctx.batch.queues([pool.queue_name for pool in contract.pools.values()])}
    views = []
    for name, pool in contract.pools.items():
        queue = queues.get(pool.queue_name)
        state = f"{queue.state.lower()}, {queue.status.lower()}" if queue else "queue is gone"
        purchase = {environment: kind for kind, environment in pool.compute_environments.items()}
        order = [purchase.get(environment, environment) for environment in (queue.compute_environments if queue else ())]
        views.append(StackView(f"batch/{name}", state, f"{pool.queue_name}: {' then '.join(order)}"))
    return views
