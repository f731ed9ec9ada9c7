"""What doctor looks at once something is deployed and does not work: the state of queues, hosts, mounts, images, logs.

Typed facts only. Deciders in `checks.diagnose` read them, adapters fill them; a look-up that failed is a value here too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from cosmosctl.ports.batch import QueueState
from cosmosctl.ports.facts import CouldNotCheck, Fact, Identity, Lookup, NetworkFacts, RepoAccess


@dataclass(frozen=True)
class HostPool:
    """A compute environment with what decides whether a host can start in it."""

    name: str
    state: str  # ENABLED | DISABLED
    status: str  # VALID | INVALID | CREATING | ...
    reason: str
    purchase: str  # spot | ondemand
    instance_types: tuple[str, ...]
    max_vcpus: int
    desired_vcpus: int
    subnets: tuple[str, ...]
    security_groups: tuple[str, ...]


@dataclass(frozen=True)
class Attempt:
    exit_code: int | None
    reason: str  # of the container: `CannotPullContainerError: ...`, `OutOfMemoryError: ...`
    status_reason: str  # of the host: `Host EC2 (instance i-...) terminated.`


@dataclass(frozen=True)
class JobView:
    """A job or a child of an array. `gpus`, `vcpus`, `memory_mib` are what it asks for; 0 = not known."""

    id: str
    name: str
    status: str
    reason: str
    queue: str  # name
    attempts: tuple[Attempt, ...] = ()
    created_ms: int = 0
    vcpus: float = 0
    memory_mib: int = 0
    gpus: int = 0
    log_group: str = ""
    log_stream: str = ""
    children: int = 0  # of an array parent
    terminated: bool = False  # by a person or a program, not by itself


@dataclass(frozen=True)
class MountTarget:
    id: str
    state: str  # available | creating | ...
    subnet_id: str
    zone: str
    security_groups: tuple[str, ...]


@dataclass(frozen=True)
class FileSystem:
    """`nfs_from`: security group of a mount target -> groups and blocks that may reach its port 2049."""

    id: str
    exists: bool
    state: str = ""
    mounts: tuple[MountTarget, ...] = ()
    nfs_from: Mapping[str, frozenset[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class ImageView:
    definition: str
    image: str
    exists: Fact[bool] | CouldNotCheck


@dataclass(frozen=True)
class BuildView:
    id: str
    status: str
    phase: str
    tail: tuple[str, ...] = ()


@dataclass(frozen=True)
class WeightsView:
    """`objects`: files under the prefix, `marked`: it has the marker of a finished staging, `wrong`: files that differ from
    the manifest of the staging. `other_revisions`: what else of the repository is there.
    """

    repo: str
    revision: str
    objects: int
    marked: bool
    wrong: tuple[str, ...] = ()
    other_revisions: tuple[str, ...] = ()


@dataclass(frozen=True)
class SandboxView:
    """The embedded AWS as it was before this command may have started it."""

    running: bool
    state_saved: bool


@dataclass(frozen=True)
class RunView:
    run_id: str
    blueprint: str
    variant: str
    state: str
    samples: int
    done: int
    failures: Mapping[str, int] = field(default_factory=dict)  # class -> samples
    messages: tuple[str, ...] = ()  # of some failures, `class code: message`


@dataclass(frozen=True)
class DoctorFacts:
    """Everything that the deciders read. None = was not asked, because nothing there could be asked."""

    name: str
    target: str
    region: str
    now_ms: int
    subject: str = ""
    reachable: Fact[Identity] | CouldNotCheck | None = None
    sandbox: SandboxView | None = None
    state_bucket: Fact[bool] | CouldNotCheck | None = None
    data_bucket: Fact[bool] | CouldNotCheck | None = None
    stacks: Mapping[str, bool] = field(default_factory=dict)  # stack -> it was applied to its end
    unfinished: tuple[tuple[str, str], ...] = ()  # steps of the journal: (id, started | failed)
    busy: bool = False  # another command is at work on the deployment
    queues: Fact[tuple[QueueState, ...]] | CouldNotCheck | None = None
    hosts: Fact[tuple[HostPool, ...]] | CouldNotCheck | None = None
    jobs: Fact[tuple[JobView, ...]] | CouldNotCheck | None = None
    logs: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # job id -> last lines
    quotas: Mapping[str, Fact[float] | CouldNotCheck] = field(default_factory=dict)
    offerings: Fact[Mapping[str, frozenset[str]]] | CouldNotCheck | None = None
    network: Fact[NetworkFacts] | CouldNotCheck | None = None
    efs: Fact[FileSystem] | CouldNotCheck | None = None
    images: tuple[ImageView, ...] = ()
    build: Fact[BuildView | None] | CouldNotCheck | None = None
    data_bucket_name: str = ""
    weights: tuple[WeightsView, ...] = ()
    token_stored: Fact[bool] | CouldNotCheck | None = None
    token_env: str = "HF_TOKEN"  # noqa: S105  a name
    hub: Mapping[str, Fact[RepoAccess] | CouldNotCheck] = field(default_factory=dict)
    uses_model: bool = False
    timeout_minutes: int | None = None
    run: RunView | None = None


class Symptoms(Protocol):
    """Look-ups of what other ports do not show."""

    def hosts(self, names: Sequence[str]) -> Lookup[tuple[HostPool, ...]]: ...

    def jobs(self, queues: Sequence[str], name_prefix: str, limit: int) -> Lookup[tuple[JobView, ...]]:
        """The newest jobs that wait, start or have failed, with failed and waiting children of arrays."""
        ...

    def jobs_of(self, job_ids: Sequence[str], limit: int) -> Lookup[tuple[JobView, ...]]:
        """These jobs and those of their children that wait or have failed."""
        ...

    def file_system(self, file_system_id: str) -> Lookup[FileSystem]: ...

    def latest_build(self, project: str, lines: int) -> Lookup[BuildView | None]: ...
