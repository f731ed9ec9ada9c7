"""Is every instance type of a pool to be had in the zones that the deployment would use?

One zone is the worst case for scarce GPU types, and a type that a zone lacks is no error of the API: jobs just wait.
"""

from __future__ import annotations

from cosmosctl.checks.preflight.base import UNKNOWN, Subject, could_not_check, error, info, pool_path, warning
from cosmosctl.findings import Finding
from cosmosctl.ports.facts import CouldNotCheck, PreflightFacts, known

RULES = ("not_offered", "offered_in_part", "offerings", UNKNOWN)


def instance_types(subject: Subject) -> list[str]:
    return sorted({name for pool in subject.pools.values() for name in pool.instance_types})


def used_zones(subject: Subject, facts: PreflightFacts) -> tuple[str, ...]:
    """The zones that the network module picks, or those of the given subnets; empty when unknown."""
    if subject.deployment.network.existing is not None:
        network = known(facts.network)
        return tuple(sorted({subnet.zone for subnet in network.subnets})) if network else ()
    return (known(facts.zones) or ())[: subject.deployment.network.zones]


def findings(subject: Subject, facts: PreflightFacts) -> list[Finding]:
    if facts.offerings is None:
        return []
    if isinstance(facts.offerings, CouldNotCheck):
        what = "where the instance types are offered"
        return [] if facts.offerings.credentials else [could_not_check(what, "batch.pools", facts.offerings)]
    zones = used_zones(subject, facts)
    offered = facts.offerings.value
    return [
        _judge(pool_path(pool, f"instance_types[{index}]"), name, offered[name], zones, subject.deployment.region)
        for pool, settings in subject.pools.items()
        for index, name in enumerate(settings.instance_types)
        if name in offered
    ]


def _judge(path: str, name: str, offered: frozenset[str], zones: tuple[str, ...], region: str) -> Finding:
    listed = ", ".join(sorted(offered))
    if not offered:
        return error(path, "not_offered", f"{name} is offered in no zone of {region}", "take another type or region")
    here = [zone for zone in zones if zone in offered]
    if zones and not here:
        message = f"{name} is offered in {listed}, but the deployment uses {', '.join(zones)}"
        hint = "raise network.zones, give subnets in those zones (network.existing), or take another type"
        return error(path, "not_offered", message, hint)
    if len(here) < len(zones):
        where = f"{len(here)} of the {len(zones)} zones of the deployment ({', '.join(here)})"
        message = f"{name} is offered in {where}: capacity is harder to get"
        return warning(path, "offered_in_part", message, "add another type with the same GPU memory to the pool")
    return info(path, "offerings", f"{name} is offered in {', '.join(here) or listed}")
