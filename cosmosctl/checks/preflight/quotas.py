"""vCPU quotas against each pool: on demand and spot, G/VT and P are separate quotas, and an increase of one helps only one.

A quota of zero is the most frequent reason why a first job waits for ever, so it is named with its code, its value and
the command that asks for more.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from cosmosctl.catalog import gpus
from cosmosctl.catalog.quotas import ASK_FOR_VCPUS, Quota, purchases, quota_for
from cosmosctl.checks.preflight.base import UNKNOWN, Subject, could_not_check, info, pool_path, warning
from cosmosctl.config.model import Pool
from cosmosctl.findings import Finding, Level
from cosmosctl.ports.facts import CouldNotCheck, Fact, PreflightFacts

RULES = ("quota_zero", "quota_too_small", "quota_small", "quota_shared", "quota", UNKNOWN)
MARKET = {"spot": "spot", "ondemand": "on demand"}


@dataclass(frozen=True)
class Use:
    """One quota as one pool uses it. `types` are the pool's types that it counts."""

    pool: str
    quota: Quota
    purchase: str
    types: tuple[str, ...]
    value: float | None  # None: not known

    @property
    def smallest(self) -> gpus.InstanceType | None:
        return min((item for name in self.types if (item := gpus.find(name))), key=lambda item: item.vcpus, default=None)

    @property
    def closed(self) -> bool:
        """Known to let no instance start."""
        return self.value is not None and self.smallest is not None and self.value < self.smallest.vcpus


def codes(subject: Subject) -> list[str]:
    """The quota codes to look up for the deployment's pools."""
    return sorted({use.quota.code for name, pool in subject.pools.items() for use in uses(name, pool, {}) if use.quota.known})


def uses(name: str, pool: Pool, values: dict[str, float]) -> list[Use]:
    groups: dict[tuple[Quota, str], list[str]] = {}
    for purchase in purchases(pool.purchase):
        for instance_type in pool.instance_types:
            groups.setdefault((quota_for(instance_type, purchase), purchase), []).append(instance_type)
    return [Use(name, quota, purchase, tuple(types), values.get(quota.code)) for (quota, purchase), types in groups.items()]


def findings(subject: Subject, facts: PreflightFacts) -> list[Finding]:
    values = {code: found.value for code, found in facts.quotas.items() if isinstance(found, Fact)}
    by_pool = {name: uses(name, pool, values) for name, pool in subject.pools.items()}
    region = subject.deployment.region
    judged = [finding for name, found in by_pool.items() for finding in _pool(name, subject.pools[name], found, region)]
    return [*judged, *_shared(subject, by_pool, region), *_unknown(by_pool, facts)]


def _pool(name: str, pool: Pool, found: list[Use], region: str) -> Iterator[Finding]:
    dead = all(use.closed for use in found)
    for use in found:
        if use.closed:
            yield _closed(use, pool, region, Level.ERROR if dead else Level.WARNING)
        elif use.value is not None and use.value < pool.max_vcpus:
            yield _small(use, pool, region)
        elif use.value is not None:
            message = f"{_named(use.quota)} is {use.value:g} vCPUs, enough for {pool.max_vcpus}"
            yield info(pool_path(name, "max_vcpus"), "quota", message)


def _closed(use: Use, pool: Pool, region: str, level: Level) -> Finding:
    smallest = use.smallest
    assert smallest is not None  # noqa: S101  `closed` says so
    rule = "quota_zero" if use.value == 0 else "quota_too_small"
    what = f"no {MARKET[use.purchase]} instance of pool {use.pool} can start: {_named(use.quota)} is {use.value:g} vCPUs in {region}"
    why = f", {smallest.name} needs {smallest.vcpus}"
    others = "" if level is Level.ERROR else f"; the pool is left with its {MARKET['ondemand' if use.purchase == 'spot' else 'spot']} half"
    note = f" ({use.quota.note})" if use.quota.note else ""
    hint = request_hint(use.quota, max(pool.max_vcpus, ASK_FOR_VCPUS), region)
    return Finding(pool_path(use.pool, "purchase"), level, rule, f"{what}{why}{others}{note}", hint)


def _small(use: Use, pool: Pool, region: str) -> Finding:
    smallest = use.smallest
    value = use.value or 0.0
    at_once = f"at most {int(value // smallest.vcpus)} {smallest.name} run at once" if smallest else f"at most {value:g} vCPUs run at once"
    message = f"{_named(use.quota)} is {use.value:g} vCPUs in {region}, pool {use.pool} may want {pool.max_vcpus}: {at_once}"
    return warning(pool_path(use.pool, "max_vcpus"), "quota_small", message, request_hint(use.quota, pool.max_vcpus, region))


def _shared(subject: Subject, by_pool: dict[str, list[Use]], region: str) -> Iterator[Finding]:
    """Pools that fit one by one may not fit together."""
    sharing: dict[Quota, list[Use]] = {}
    for found in by_pool.values():
        for use in found:
            sharing.setdefault(use.quota, []).append(use)
    for quota, members in sharing.items():
        wanted = sum(subject.pools[use.pool].max_vcpus for use in members)
        value = members[0].value
        if value is None or len(members) < 2 or any(value < subject.pools[use.pool].max_vcpus for use in members) or wanted <= value:
            continue
        pools = ", ".join(use.pool for use in members)
        message = f"pools {pools} share {_named(quota)} of {value:g} vCPUs and may want {wanted} together"
        yield warning("batch.pools", "quota_shared", message, request_hint(quota, wanted, region))


def _unknown(by_pool: dict[str, list[Use]], facts: PreflightFacts) -> Iterator[Finding]:
    for quota in sorted({use.quota for found in by_pool.values() for use in found}, key=lambda item: (item.code, item.name)):
        path = f"quota {quota.code or quota.name}"
        looked_up = facts.quotas.get(quota.code)
        if not quota.known:
            yield could_not_check(f"the quota {quota.name}", path, CouldNotCheck(quota.note))
        elif isinstance(looked_up, CouldNotCheck) and not looked_up.credentials:
            yield could_not_check(f"the quota {quota.name}", path, looked_up)


def _named(quota: Quota) -> str:
    return f'quota {quota.code} "{quota.name}"' if quota.known else f'quota "{quota.name}"'


def request_hint(quota: Quota, vcpus: int, region: str) -> str:
    if not quota.known:
        return "ask for an increase in the Service Quotas console"
    options = f"--service-code ec2 --quota-code {quota.code} --desired-value {vcpus} --region {region}"
    page = f"https://{region}.console.aws.amazon.com/servicequotas/home/services/ec2/quotas/{quota.code}"
    return f"aws service-quotas request-service-quota-increase {options}   (one to two business days; {page})"
