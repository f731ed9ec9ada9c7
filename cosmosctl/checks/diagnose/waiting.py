"""Jobs that stay RUNNABLE. Batch says little and late, so quota, offering, size and capacity are compared here.

The causes are tried from the surest to the vaguest, and a job that only waits for its turn is said to be well.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from cosmosctl.catalog import gpus
from cosmosctl.catalog.quotas import ASK_FOR_VCPUS, Quota, quota_for
from cosmosctl.checks.diagnose.base import UNKNOWN, Diagnosis, broken, doubtful, jobs, not_checked, note, some
from cosmosctl.checks.preflight.quotas import MARKET, request_hint
from cosmosctl.ports.facts import CouldNotCheck, Fact, known
from cosmosctl.ports.symptoms import DoctorFacts, HostPool, JobView

CAUSES = ("quota_zero", "not_offered", "job_too_large", "no_capacity", "waiting_long", "waiting", UNKNOWN)
LOOKED_AT = "quota and offering and capacity"
NEEDS = ("quotas", "offerings")
LONG_MINUTES = 20
TOO_LARGE = ("MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT", "MISCONFIGURATION:COMPUTE_ENVIRONMENT_MAX_RESOURCE")
CAPACITY = ("CAPACITY:", "InsufficientInstanceCapacity", "UnfulfillableCapacity")


def diagnose(facts: DoctorFacts) -> list[Diagnosis]:
    hosts = known(facts.hosts) or ()
    waiting = [job for job in jobs(facts) if job.status == "RUNNABLE" and not job.children]
    late = {code: item for code, item in facts.quotas.items() if isinstance(item, CouldNotCheck)}
    unknown = [not_checked(f"quota {code}", f"quota {code}", item) for code, item in late.items()]
    found = [*_quotas(facts, hosts, bool(waiting)), *_offerings(facts, hosts), *_too_large(facts), *_no_capacity(facts)]
    stopping = [item for item in found if item.level == "error"]
    return [*found, *unknown, *([] if stopping else _patience(facts, waiting, hosts))]


def _quotas(facts: DoctorFacts, hosts: Sequence[HostPool], waiting: bool) -> Iterator[Diagnosis]:
    """A quota that starts no host of an environment; an error when it closes all of a deployment that has jobs waiting."""
    closed = [(host, quota) for host in hosts if (quota := _closed(facts, host))]
    say: Callable[..., Diagnosis] = broken if waiting and len(closed) == len(hosts) else doubtful
    for host, quota in closed:
        value = known(facts.quotas.get(quota.code))
        what = f'quota {quota.code} "{quota.name}" is {value:g} vCPUs in {facts.region}'
        message = f"no {MARKET[host.purchase]} host of {host.name} can start: {what}"
        yield say("quota_zero", f"quota {quota.code}", message, request_hint(quota, max(host.max_vcpus, ASK_FOR_VCPUS), facts.region))


def _closed(facts: DoctorFacts, host: HostPool) -> Quota | None:
    """The quota that is too small for every type of the environment."""
    types = [item for name in host.instance_types if (item := gpus.find(name))]
    quotas = [quota_for(item.name, host.purchase) for item in types]
    short = [
        quota
        for item, quota in zip(types, quotas, strict=True)
        if isinstance(found := facts.quotas.get(quota.code), Fact) and found.value < item.vcpus
    ]
    return short[0] if types and len(short) == len(types) else None


def _offerings(facts: DoctorFacts, hosts: Sequence[HostPool]) -> Iterator[Diagnosis]:
    if isinstance(facts.offerings, CouldNotCheck):
        yield not_checked("where the instance types are offered", "batch", facts.offerings)
    offered, network = known(facts.offerings), known(facts.network)
    if offered is None or network is None:
        return
    for host in hosts:
        zones = {subnet.zone for subnet in network.subnets if subnet.id in host.subnets}
        known_types = [name for name in host.instance_types if name in offered]
        if zones and known_types and not any(offered[name] & zones for name in known_types):
            message = f"{some(known_types)} of {host.name} is offered in none of its zones ({', '.join(sorted(zones))})"
            yield broken("not_offered", host.name, message, "add types or zones to the pool in cosmosctl.yaml, then: cosmosctl install")


def _reasoned(facts: DoctorFacts, beginnings: tuple[str, ...]) -> list[JobView]:
    """Waiting jobs, and those that the queue's time limit ended for the same reason."""
    return [job for job in jobs(facts) if job.status in ("RUNNABLE", "FAILED") and any(text in job.reason for text in beginnings)]


def _too_large(facts: DoctorFacts) -> Iterator[Diagnosis]:
    found = _reasoned(facts, TOO_LARGE)
    if found:
        job = found[0]
        asks = f"{job.vcpus:g} vCPU, {job.memory_mib} MiB and {job.gpus} GPU"
        message = f"no instance type of queue {job.queue} has what the job asks for ({asks}), or max_vcpus is smaller than that"
        hint = "cosmosctl plan --blueprint BLUEPRINT   names the types that fit; raise max_vcpus or add types, then: cosmosctl install"
        yield broken("job_too_large", job.id, message, hint, [job.reason])


def _no_capacity(facts: DoctorFacts) -> Iterator[Diagnosis]:
    found = _reasoned(facts, CAPACITY)
    if found:
        hint = "add instance types of the same GPU memory or zones to the pool, or purchase: spot-first; then: cosmosctl install"
        message = f"AWS has no capacity for queue {found[0].queue} now; {len(found)} of the jobs looked at wait or ended for it"
        yield broken("no_capacity", found[0].id, message, hint, [found[0].reason])


def _patience(facts: DoctorFacts, waiting: Sequence[JobView], hosts: Sequence[HostPool]) -> Iterator[Diagnosis]:
    """Jobs wait and nothing above explains it."""
    if not waiting:
        return
    oldest = min(waiting, key=lambda job: job.created_ms)
    minutes = max(0, facts.now_ms - oldest.created_ms) // 60_000
    desired = sum(host.desired_vcpus for host in hosts)
    what = f"{len(waiting)} jobs wait in {oldest.queue}, the oldest since {minutes} minutes; Batch wants {desired} vCPUs"
    if minutes < LONG_MINUTES:
        yield note("waiting", oldest.id, f"{what}; a cold start takes 5 to 10 minutes", "cosmosctl status --wait")
    else:
        hint = "hosts may start and never join: see the network findings, and instances with the tag cosmosctl:deployment"
        yield doubtful("waiting_long", oldest.id, f"{what}, and no job has started", hint, [oldest.reason] if oldest.reason else ())
