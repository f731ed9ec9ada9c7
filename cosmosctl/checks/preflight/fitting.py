"""Does the chosen variant fit a pool, and would every AWS name be short enough. Both are decided elsewhere, shown here."""

from __future__ import annotations

from cosmosctl.checks import fit, names
from cosmosctl.checks.preflight.base import Subject, info, pool_path
from cosmosctl.config.model import Pool
from cosmosctl.findings import Finding
from cosmosctl.ports.facts import PreflightFacts

RULES = ("gpu_memory_too_small", "host_too_small", "disk_too_small", "fit_unknown", "no_pool_fits", "pool", "name_lengths")


def chosen_pool(subject: Subject) -> tuple[str, Pool] | None:
    """The pool that the variant's jobs would go to, when there is one."""
    if not subject.blueprint or not subject.variant:
        return None
    name, _ = fit.choose_pool(subject.deployment, subject.blueprint, subject.variant)
    return (name, subject.pools[name]) if name else None


def findings(subject: Subject, _facts: PreflightFacts) -> list[Finding]:
    blueprint, variant = subject.blueprint, subject.variant
    deployed = [(blueprint.name, [variant])] if blueprint and variant else []
    found = names.too_long(subject.names, list(subject.pools), deployed)
    if not blueprint or not variant:
        return found
    pool, said = fit.choose_pool(subject.deployment, blueprint, variant)
    if pool:
        memory = blueprint.variants[variant].gpu.memory_gib
        message = f"{blueprint.name} {variant} goes to pool {pool}: every type has the {memory} GiB of GPU memory that it needs"
        found.append(info(pool_path(pool, "instance_types"), "pool", message))
    return [*found, *said]
