"""What a pool may grow to and what it keeps running, against the instance types it names."""

from __future__ import annotations

from cosmosctl.catalog import gpus, limits
from cosmosctl.config.model import Deployment, Pool, Purchase
from cosmosctl.findings import Finding, Level


def _known(pool: Pool) -> list[gpus.InstanceType]:
    return [item for item in (gpus.find(name) for name in pool.instance_types) if item]


def no_pools(deployment: Deployment) -> list[Finding]:
    if deployment.batch.pools:
        return []
    return [Finding("batch.pools", Level.ERROR, "no_pools", "there is no pool, so nothing could run", "add one, for example gpu48")]


def too_many_pools(deployment: Deployment) -> list[Finding]:
    """Batch allows 50 compute environments in a region; a spot-first pool takes two."""
    used = sum(2 if pool.purchase is Purchase.SPOT_FIRST else 1 for pool in deployment.batch.pools.values())
    if used <= limits.COMPUTE_ENVIRONMENTS:
        return []
    message = f"the pools need {used} compute environments; AWS Batch allows {limits.COMPUTE_ENVIRONMENTS} in a region"
    return [Finding("batch.pools", Level.ERROR, "too_many_pools", message, "merge pools of one GPU memory class")]


def max_vcpus_too_small(deployment: Deployment) -> list[Finding]:
    """Batch never starts an instance that would pass `max_vcpus`: jobs would wait for ever."""
    findings = []
    for name, pool in deployment.batch.pools.items():
        types = _known(pool)
        path = f"batch.pools.{name}.max_vcpus"
        blocked = sorted((item.vcpus, item.name) for item in types if item.vcpus > pool.max_vcpus)
        if blocked and len(blocked) == len(types):
            vcpus, smallest = blocked[0]
            message = f"{pool.max_vcpus} is too few to start one instance: {smallest} has {vcpus} vCPUs"
            findings.append(Finding(path, Level.ERROR, "max_vcpus_too_small", message, f"give at least {vcpus}"))
        elif blocked:
            listed = ", ".join(f"{item} ({vcpus})" for vcpus, item in blocked)
            message = f"{pool.max_vcpus} vCPUs can never start {listed}"
            hint = f"give at least {blocked[-1][0]}, or drop the type"
            findings.append(Finding(path, Level.WARNING, "max_vcpus_too_small", message, hint))
    return findings


def warm_exceeds_max(deployment: Deployment) -> list[Finding]:
    findings = []
    for name, pool in deployment.batch.pools.items():
        unit = gpus.find(pool.instance_types[0])  # warm hosts are counted in the vCPUs of the first type
        need = pool.warm_instances * unit.vcpus if unit else 0
        if need > pool.max_vcpus:
            message = f"{pool.warm_instances} warm instances need {need} vCPUs, above max_vcpus ({pool.max_vcpus})"
            hint = f"raise max_vcpus to {need} or lower warm_instances"
            findings.append(Finding(f"batch.pools.{name}.warm_instances", Level.ERROR, "warm_exceeds_max", message, hint))
    return findings


def purchase_not_offered(deployment: Deployment) -> list[Finding]:
    findings = []
    for name, pool in deployment.batch.pools.items():
        for index, instance_type in enumerate(pool.instance_types):
            if instance_type in gpus.CAPACITY_BLOCK_ONLY:
                path = f"batch.pools.{name}.instance_types[{index}]"
                message = f"{instance_type} is sold in Capacity Blocks only, neither on demand nor as spot"
                findings.append(Finding(path, Level.ERROR, "purchase_not_offered", message, "take p5en.48xlarge, which has the same GPU"))
    return findings
