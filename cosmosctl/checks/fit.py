"""Does a variant of a blueprint fit a pool, and which pool should take it. Decided before a GPU is rented.

GPU memory is checked against every type of a pool, because Batch may place a job on any of them. vCPUs and host memory
only rule single types out: Batch itself never places a job on a host that is too small.
"""

from __future__ import annotations

from collections.abc import Iterator

from cosmosctl.blueprints.schema import Blueprint, Variant
from cosmosctl.catalog import gpus, prices
from cosmosctl.config.model import Deployment, Pool
from cosmosctl.config.schema import did_you_mean
from cosmosctl.findings import Finding, Level, errors


def fit(blueprint: Blueprint, variant: str, pool_name: str, pool: Pool) -> list[Finding]:
    """Errors when jobs of the variant could fail or never start in the pool; warnings for types that stay unused."""
    spec = blueprint.variants[variant]
    who = f"{blueprint.name} {variant}"
    path = f"batch.pools.{pool_name}"
    findings = [*_gpu_memory(who, spec, path, pool), *_host(who, spec, path, pool)]
    if pool.disk_gib < spec.disk_gib:
        message = f"{who} needs {spec.disk_gib} GiB of disk for image and weights; the pool has {pool.disk_gib}"
        findings.append(Finding(f"{path}.disk_gib", Level.ERROR, "disk_too_small", message, f"set disk_gib: {spec.disk_gib}"))
    return findings


def choose_pool(deployment: Deployment, blueprint: Blueprint, variant: str, wanted: str | None = None) -> tuple[str | None, list[Finding]]:
    """The pool of the smallest GPU that fits, or None with the reason of every pool.

    `wanted` names the pool instead (`--pool`). Warnings of the chosen pool come along.
    """
    pools = deployment.batch.pools
    if wanted is not None and wanted not in pools:
        hint = did_you_mean(wanted, pools, f"known: {', '.join(pools)}")
        return None, [Finding(f"batch.pools.{wanted}", Level.ERROR, "unknown_pool", f"there is no pool {wanted!r}", hint)]
    candidates = {name: pool for name, pool in pools.items() if wanted in (None, name)}
    verdicts = {name: fit(blueprint, variant, name, pool) for name, pool in candidates.items()}
    fitting = [name for name, findings in verdicts.items() if not errors(findings)]
    if fitting:
        chosen = min(fitting, key=lambda name: (_class(pools[name]), name))
        return chosen, verdicts[chosen]
    reasons = [finding for findings in verdicts.values() for finding in errors(findings)]
    return None, [*reasons, _no_pool(blueprint, variant)]


def _gpu_memory(who: str, spec: Variant, path: str, pool: Pool) -> Iterator[Finding]:
    for index, name in enumerate(pool.instance_types):
        known = gpus.find(name)
        here = f"{path}.instance_types[{index}]"
        if known is None:
            message = f"{name} is not in the catalogue, so nobody knows whether {who} fits"
            yield Finding(here, Level.WARNING, "fit_unknown", message, "run `cosmosctl test` before a large run")
        elif known.gpu.memory_gib < spec.gpu.memory_gib:
            message = f"{name} has {known.gpu.memory_gib} GiB GPU memory ({known.gpu.name}); {who} needs {spec.gpu.memory_gib}"
            yield Finding(here, Level.ERROR, "gpu_memory_too_small", message, f"use types such as {_examples(spec)}")


def _host(who: str, spec: Variant, path: str, pool: Pool) -> Iterator[Finding]:
    """Only of types whose GPU is large enough: the others have been refused already."""
    types = enumerate(gpus.find(name) for name in pool.instance_types)
    known = [(index, item) for index, item in types if item and item.gpu.memory_gib >= spec.gpu.memory_gib]
    lacking = [(index, item, _lacks(spec, item)) for index, item in known if _lacks(spec, item)]
    for index, item, reason in lacking:
        alone = len(lacking) == len(known)
        level, outcome = (Level.ERROR, "no job could start") if alone else (Level.WARNING, "it stays unused")
        message = f"{item.name} {reason} for {who}; {outcome}"
        yield Finding(f"{path}.instance_types[{index}]", level, "host_too_small", message, f"use types such as {_examples(spec)}")


def _lacks(spec: Variant, item: gpus.InstanceType) -> str:
    """What is missing on a host, "" when nothing is."""
    if item.gpus < spec.gpu.count:
        return f"has {item.gpus} of {spec.gpu.count} GPUs"
    if item.vcpus < spec.host.vcpus:
        return f"has {item.vcpus} of {spec.host.vcpus} vCPUs"
    if item.container_mib < spec.host.memory_mib:
        return f"leaves {item.container_mib} of {spec.host.memory_mib} MiB memory"
    return ""


def _class(pool: Pool) -> int:
    """Memory class of a pool's GPUs; pools of unknown types come last."""
    sizes = [item.gpu.memory_gib for item in (gpus.find(name) for name in pool.instance_types) if item]
    return max(sizes, default=1_000_000)


def _fitting(spec: Variant) -> list[gpus.InstanceType]:
    """Types that fit, the cheapest first as far as prices are known."""
    able = [item for item in gpus.with_memory(spec.gpu.memory_gib) if not _lacks(spec, item) and item.gpu.architecture != "turing"]
    known = {item.name: prices.price_per_hour(item.name) for item in able}
    return sorted(able, key=lambda item: price.low if (price := known[item.name]) else float("inf"))


def _examples(spec: Variant) -> str:
    return ", ".join(item.name for item in _fitting(spec)[:2])


def _no_pool(blueprint: Blueprint, variant: str) -> Finding:
    spec = blueprint.variants[variant]
    fitting = _fitting(spec)
    memory = fitting[0].gpu.memory_gib if fitting else spec.gpu.memory_gib
    names = ", ".join(item.name for item in fitting if item.gpu.memory_gib == memory and item.gpus == spec.gpu.count)
    hint = f"add a pool and run `cosmosctl install` again:  gpu{memory}: {{instance_types: [{names}]}}"
    return Finding("batch.pools", Level.ERROR, "no_pool_fits", f"no pool fits {blueprint.name} {variant}", hint)
