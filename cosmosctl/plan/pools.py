"""Which pool a variant runs in: the smallest memory class of which every instance type is large enough."""

from __future__ import annotations

from cosmosctl.blueprints.schema import Blueprint, Variant
from cosmosctl.catalog import gpus
from cosmosctl.config.model import Deployment, Pool
from cosmosctl.errors import CosmosctlError


def pool_for(deployment: Deployment, blueprint: Blueprint, variant: str) -> str:
    """Raises `preflight_failed` when no pool fits."""
    facts = blueprint.variants[variant]
    fitting = {name: memory for name, pool in deployment.batch.pools.items() if (memory := _memory(pool, facts)) is not None}
    if fitting:
        return min(fitting, key=lambda name: (fitting[name], name))
    example = next((item.name for item in gpus.with_memory(facts.gpu.memory_gib) if _fits(item, facts)), "a larger instance type")
    raise CosmosctlError(
        "preflight_failed",
        f"no pool fits {blueprint.name} {variant}: it needs {facts.gpu.count} GPU with {facts.gpu.memory_gib} GiB, {facts.host.vcpus} vCPUs"
        f" and {facts.host.memory_mib} MiB on every instance type of a pool",
        path="batch.pools",
        hint=f"add a pool with {example} to cosmosctl.yaml, then: cosmosctl install",
    )


def _memory(pool: Pool, facts: Variant) -> int | None:
    """GPU memory of the pool's smallest type, None when one type does not fit or is unknown."""
    types = [gpus.find(name) for name in pool.instance_types]
    if not all(item is not None and _fits(item, facts) for item in types):
        return None
    return min(item.gpu.memory_gib for item in types if item is not None)


def _fits(item: gpus.InstanceType, facts: Variant) -> bool:
    enough_gpu = item.gpu.memory_gib >= facts.gpu.memory_gib and item.gpus >= facts.gpu.count
    return enough_gpu and item.vcpus >= facts.host.vcpus and item.container_mib >= facts.host.memory_mib
