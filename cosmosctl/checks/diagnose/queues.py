"""Queues and compute environments: one that is disabled or invalid starts nothing, and says so only when it is asked."""

from __future__ import annotations

from collections.abc import Iterator

from cosmosctl.checks.diagnose.base import UNKNOWN, Diagnosis, broken, doubtful, not_checked
from cosmosctl.ports.batch import QueueState
from cosmosctl.ports.facts import CouldNotCheck, known
from cosmosctl.ports.symptoms import DoctorFacts, HostPool

CAUSES = ("queue_missing", "queue_disabled", "queue_invalid", "environment_missing", "environment_disabled", "environment_invalid", UNKNOWN)
LOOKED_AT = "queues and compute environments"
NEEDS = ("queues",)
REPAIR = "cosmosctl install   puts it back"


def diagnose(facts: DoctorFacts) -> list[Diagnosis]:
    unknown = [
        not_checked(what, path, lookup)
        for lookup, what, path in ((facts.queues, "the queues", "batch"), (facts.hosts, "the compute environments", "batch"))
        if isinstance(lookup, CouldNotCheck)
    ]
    queues = known(facts.queues)
    if queues is None:
        return unknown
    found = [item for queue in queues for item in (*_queue(queue), *_environments(queue, known(facts.hosts)))]
    if not queues and facts.stacks.get("batch"):
        found.append(broken("queue_missing", "batch", f"no queue of {facts.name} exists, though its stack was applied", REPAIR))
    return [*found, *unknown]


def _queue(queue: QueueState) -> Iterator[Diagnosis]:
    if queue.status == "INVALID":
        yield broken("queue_invalid", queue.name, f"queue {queue.name} is INVALID: {queue.reason or 'Batch gives no reason'}", REPAIR)
    elif queue.state == "DISABLED":
        hint = f"aws batch update-job-queue --job-queue {queue.name} --state ENABLED   (a cleanup that was stopped leaves it so)"
        yield broken("queue_disabled", queue.name, f"queue {queue.name} is DISABLED: it takes no jobs and starts none", hint)


def _environments(queue: QueueState, hosts: tuple[HostPool, ...] | None) -> Iterator[Diagnosis]:
    if hosts is None:
        return
    by_name = {host.name: host for host in hosts}
    usable = [name for name in queue.compute_environments if (host := by_name.get(name)) and _usable(host)]
    for name in queue.compute_environments:
        host = by_name.get(name)
        if host is None:
            yield broken("environment_missing", name, f"compute environment {name} of queue {queue.name} does not exist", REPAIR)
        elif not _usable(host):
            yield _environment(host, queue, left=bool(usable))


def _usable(host: HostPool) -> bool:
    return host.state == "ENABLED" and host.status != "INVALID"


def _environment(host: HostPool, queue: QueueState, *, left: bool) -> Diagnosis:
    """Half of a spot-first pool is a warning: the other half still starts hosts."""
    say = doubtful if left else broken
    rest = "the other environment of the queue still works" if left else f"no job of queue {queue.name} can start"
    if host.status == "INVALID":
        message = f"compute environment {host.name} is INVALID: {host.reason or 'Batch gives no reason'}; {rest}"
        return say("environment_invalid", host.name, message, "correct what the reason names, then: cosmosctl install")
    hint = f"aws batch update-compute-environment --compute-environment {host.name} --state ENABLED"
    return say("environment_disabled", host.name, f"compute environment {host.name} is DISABLED; {rest}", hint)
