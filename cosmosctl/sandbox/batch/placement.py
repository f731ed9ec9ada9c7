"""Where a runnable job may go: environments in queue order, instance types that fit, vCPUs that are left.

Pure: takes what is known about a queue and what is in use, returns a place or the reason why there is none, in the words
that Batch puts into `statusReason`. It must not know moto or jobs other than their needs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from cosmosctl.sandbox.batch.records import Needs

CAPACITY = "CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY"
MAX_RESOURCE = "MISCONFIGURATION:COMPUTE_ENVIRONMENT_MAX_RESOURCE"
REQUIREMENT = "MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT"
ACTION_REQUIRED = "ACTION_REQUIRED"
LIMIT_REASONS = (CAPACITY, MAX_RESOURCE, REQUIREMENT, "MISCONFIGURATION:EC2_INSTANCE_CONFIGURATION_UNSUPPORTED")
USABLE_MEMORY = 0.95  # the ECS agent and the kernel keep the rest


@dataclass(frozen=True, slots=True)
class InstanceSize:
    name: str
    vcpus: int
    memory: int
    gpus: int

    def fits(self, needs: Needs) -> bool:
        return self.vcpus >= needs.vcpus and self.memory * USABLE_MEMORY >= needs.memory and self.gpus >= needs.gpus


@dataclass(frozen=True, slots=True)
class Environment:
    arn: str
    enabled: bool
    purchase: str  # spot | ondemand
    max_vcpus: float
    sizes: tuple[InstanceSize, ...]
    zones: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TimeLimit:
    reason: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Queue:
    arn: str
    name: str
    priority: int
    environments: tuple[Environment, ...]
    limits: tuple[TimeLimit, ...] = ()
    weights: Mapping[str, float] | None = None  # None: first in, first out


@dataclass(frozen=True, slots=True)
class Denial:
    """Capacity that is not to be had. Empty fields and `*` mean any."""

    purchase: str = "*"
    instance_type: str = "*"
    zone: str = "*"

    def hits(self, purchase: str, instance_type: str, zone: str) -> bool:
        pairs = ((self.purchase, purchase), (self.instance_type, instance_type), (self.zone, zone))
        return all(fnmatchcase(value, pattern or "*") for pattern, value in pairs)


@dataclass(frozen=True, slots=True)
class Place:
    environment: Environment
    instance_type: str


@dataclass(frozen=True, slots=True)
class Blocked:
    """No place. An empty reason means: waits for its turn, nothing is wrong."""

    reason: str
    text: str = ""

    @property
    def status_reason(self) -> str | None:
        return f"{self.reason} - {self.text}" if self.reason else None


def place(queue: Queue, needs: Needs, used: Mapping[str, float], denials: Sequence[Denial]) -> Place | Blocked:
    """The first environment of the queue that fits, has room and gets an instance."""
    enabled = [e for e in queue.environments if e.enabled]
    if not enabled:
        return Blocked(ACTION_REQUIRED, "CE(s) associated with the job queue have been disabled")
    fitting = [e for e in enabled if any(s.fits(needs) for s in e.sizes)]
    if not fitting:
        return Blocked(REQUIREMENT, _requirement_text(needs))
    large = [e for e in fitting if e.max_vcpus >= needs.vcpus]
    if not large:
        return Blocked(MAX_RESOURCE, "CE(s) associated with the job queue cannot meet the CPU requirement of the job")
    denied: list[str] = []
    waiting = False
    for env in large:
        names = [s.name for s in sorted(env.sizes, key=lambda s: (s.gpus, s.vcpus)) if s.fits(needs)]
        free = [n for n in names if not _denied(env, n, denials)]
        if not free:
            denied += [n for n in names if n not in denied]
        elif used.get(env.arn, 0.0) + needs.vcpus <= env.max_vcpus:
            return Place(env, free[0])
        else:
            waiting = True
    if waiting:
        return Blocked("")
    return Blocked(CAPACITY, f"Service cannot fulfill the capacity requested for instance type [{', '.join(denied)}]")


def _denied(env: Environment, name: str, denials: Sequence[Denial]) -> bool:
    """Denied only when no zone of the environment is left."""
    return all(any(d.hits(env.purchase, name, zone) for d in denials) for zone in env.zones or ("",))


def _requirement_text(needs: Needs) -> str:
    return (
        "The job resource requirement (vCPU/memory/GPU) is higher than that can be met by the CE(s) attached to the job queue"
        f": {needs.vcpus:g} vCPU, {needs.memory} MiB, {needs.gpus} GPU"
    )
