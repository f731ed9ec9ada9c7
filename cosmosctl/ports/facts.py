"""What preflight looks up before money is spent, as small typed facts; every look-up may also have failed for a reason.

"Could not check" is a value, not an exception: a missing permission must neither stop a deployment nor look like a pass.
Deciders in `checks.preflight` read these; only adapters fill them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Generic, Protocol, TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class Fact(Generic[T]):
    """`source`: where it was read, when that matters to the reader (`pricing API`, `catalogue 2026-07-20`)."""

    value: T
    source: str = ""


@dataclass(frozen=True)
class CouldNotCheck:
    """`action`: the IAM action that is missing, when that is why. `credentials`: nobody at all could ask."""

    reason: str
    action: str = ""
    credentials: bool = False


Lookup = Fact[T] | CouldNotCheck


def known(lookup: Fact[T] | CouldNotCheck | None) -> T | None:
    """The value, or None when it is not known."""
    return lookup.value if isinstance(lookup, Fact) else None


@dataclass(frozen=True)
class Identity:
    account: str
    arn: str


@dataclass(frozen=True)
class RegionState:
    """`status`: `opt-in-not-required`, `opted-in`, `not-opted-in`, or `unknown` when there is no such region."""

    name: str
    status: str


@dataclass(frozen=True)
class Vpc:
    id: str
    cidrs: tuple[str, ...]
    name: str = ""
    deployment: str = ""  # value of our own tag


@dataclass(frozen=True)
class Subnet:
    """`egress`: where the default route leads (`nat`, `igw`, `other`, "" = nowhere). `s3_endpoint`: gateway on its table."""

    id: str
    vpc_id: str
    zone: str
    cidr: str
    free_addresses: int
    egress: str
    route_table: str
    s3_endpoint: bool = False
    public_ips: bool = False


@dataclass(frozen=True)
class NetworkFacts:
    """A VPC seen from some of its subnets. `missing`: subnet ids that do not exist. `endpoints`: interface endpoints by service."""

    vpc_id: str
    exists: bool
    subnets: tuple[Subnet, ...] = ()
    missing: tuple[str, ...] = ()
    endpoints: frozenset[str] = frozenset()
    dns_support: bool = True
    dns_hostnames: bool = True


class Access(StrEnum):
    OK = "ok"
    NO_TOKEN = "no_token"  # noqa: S105  a state, not a secret
    UNAUTHORIZED = "unauthorized"  # 401: the token itself is bad
    FORBIDDEN = "forbidden"  # 403: the token is fine, the licence is not accepted
    NO_REPOSITORY = "no_repository"
    NO_REVISION = "no_revision"


@dataclass(frozen=True)
class RepoAccess:
    """`commit`: what the revision stands for today. `detail`: the hub's own words, without anything of the request."""

    repo: str
    revision: str
    access: Access
    commit: str = ""
    detail: str = ""


@dataclass(frozen=True)
class Quote:
    """US dollars per hour of one instance type; `low` = `high` on demand."""

    instance_type: str
    purchase: str  # spot | ondemand
    low: float
    high: float
    note: str  # where, when and how sure


@dataclass(frozen=True)
class ProviderSource:
    """`place`: a mirror folder or the registry's name; `versions`: of the provider in the mirror, empty for the registry."""

    place: str
    mirror: bool
    versions: tuple[str, ...] = ()


@dataclass(frozen=True)
class PreflightFacts:
    """Everything that the deciders read. What was not asked for is None or absent."""

    terraform: Fact[str] | CouldNotCheck | None = None
    python: str = ""
    provider: Fact[ProviderSource] | CouldNotCheck | None = None
    identity: Fact[Identity] | CouldNotCheck | None = None
    region: Fact[RegionState] | CouldNotCheck | None = None
    zones: Fact[tuple[str, ...]] | CouldNotCheck | None = None
    offerings: Fact[Mapping[str, frozenset[str]]] | CouldNotCheck | None = None
    quotas: Mapping[str, Fact[float] | CouldNotCheck] = field(default_factory=dict)
    vpcs: Fact[tuple[Vpc, ...]] | CouldNotCheck | None = None
    network: Fact[NetworkFacts] | CouldNotCheck | None = None
    hub: Mapping[str, Fact[RepoAccess] | CouldNotCheck] = field(default_factory=dict)
    on_demand: Fact[Mapping[str, Quote]] | CouldNotCheck | None = None
    spot: Fact[Mapping[str, Quote]] | CouldNotCheck | None = None


class AwsFacts(Protocol):
    """Look-ups in one account and region. None of them raises for what AWS answers."""

    def identity(self) -> Lookup[Identity]: ...

    def region(self) -> Lookup[RegionState]: ...

    def zones(self) -> Lookup[tuple[str, ...]]:
        """Zone names that need no opt-in, sorted."""
        ...

    def offerings(self, instance_types: Sequence[str]) -> Lookup[Mapping[str, frozenset[str]]]:
        """Instance type -> zones that offer it; a type that no zone offers has an empty set."""
        ...

    def quota(self, code: str) -> Lookup[float]:
        """Applied value of an EC2 quota, the default where none was applied."""
        ...

    def vpcs(self) -> Lookup[tuple[Vpc, ...]]: ...

    def network(self, vpc_id: str, subnet_ids: Sequence[str]) -> Lookup[NetworkFacts]: ...


class PriceFacts(Protocol):
    def on_demand(self, instance_types: Sequence[str]) -> Lookup[Mapping[str, Quote]]: ...

    def spot(self, instance_types: Sequence[str]) -> Lookup[Mapping[str, Quote]]: ...


class HubFacts(Protocol):
    """The Hugging Face hub. The token stays inside the adapter."""

    def access(self, repo: str, revision: str) -> Lookup[RepoAccess]: ...


class ToolFacts(Protocol):
    def terraform(self) -> Lookup[str]: ...

    def python(self) -> str: ...

    def provider(self) -> Lookup[ProviderSource]: ...


@dataclass(frozen=True)
class Lookups:
    """The ports that preflight and doctor ask."""

    aws: AwsFacts
    prices: PriceFacts
    hub: HubFacts
    tools: ToolFacts
