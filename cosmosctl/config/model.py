"""What one `cosmosctl.yaml` describes, as frozen data with every default filled in.

Why pydantic: one model gives validation, JSON schema and defaults. Cross-field and catalogue rules live in
`checks.rules`, look-ups in AWS in `checks.preflight`; file positions in `config.loader`. This module must not know files,
the environment or AWS.
"""

from __future__ import annotations

from enum import StrEnum
from ipaddress import IPv4Network
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator


class Target(StrEnum):
    SANDBOX = "sandbox"
    AWS = "aws"


class Purchase(StrEnum):
    """Order in which a pool's queue tries its compute environments."""

    SPOT = "spot"
    ON_DEMAND = "on-demand"
    SPOT_FIRST = "spot-first"


class Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


NAME = r"^[a-z][a-z0-9-]{1,18}[a-z0-9]$"
POOL_NAME = r"^[a-z][a-z0-9-]{0,14}[a-z0-9]$"
INSTANCE_TYPE = r"^[a-z][a-z0-9-]*\.[a-z0-9-]+$"
REGION = r"^[a-z]{2}(-[a-z]+)+-\d$"
VPC_ID = r"^vpc-[0-9a-f]{8,17}$"
SUBNET_ID = r"^subnet-[0-9a-f]{8,17}$"
EMAIL = r"^[^@\s]+@[^@\s]+\.[^@\s]+$"
ENV_NAME = r"^[A-Za-z_][A-Za-z0-9_]*$"
TOKEN_START, TOKEN_LENGTH = "hf_", 30
TAG_KEY = r"^[\w .:/=+@-]+$"  # no {1,128}: a bounded repeat of a Unicode class costs 60 ms to compile

PRIVATE_BLOCKS = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")

# What each pattern means, for the person who missed it; the loader puts it into its findings.
PATTERN_HELP: dict[str, str] = {
    NAME: "3 to 20 characters out of a-z, 0-9 and '-', first a letter, last not '-'",
    POOL_NAME: "2 to 16 characters out of a-z, 0-9 and '-', first a letter, last not '-'",
    INSTANCE_TYPE: "an EC2 instance type such as g6e.2xlarge",
    REGION: "an AWS region such as us-east-1",
    VPC_ID: "a VPC id such as vpc-0123456789abcdef0",
    SUBNET_ID: "a subnet id such as subnet-0123456789abcdef0",
    EMAIL: "an address such as robotics@example.com",
    ENV_NAME: "the name of an environment variable such as HF_TOKEN, never the token itself",
    TAG_KEY: "letters, digits, spaces or any of _ . : / = + - @",
}

Name = Annotated[str, StringConstraints(pattern=NAME)]
PoolName = Annotated[str, StringConstraints(pattern=POOL_NAME)]
InstanceType = Annotated[str, StringConstraints(pattern=INSTANCE_TYPE)]
Region = Annotated[str, StringConstraints(pattern=REGION)]
TagKey = Annotated[str, StringConstraints(pattern=TAG_KEY, max_length=128)]
TagValue = Annotated[str, StringConstraints(max_length=256)]


class ExistingNetwork(Frozen):
    """A VPC that cosmosctl uses but never changes or deletes."""

    vpc_id: Annotated[str, StringConstraints(pattern=VPC_ID)]
    subnet_ids: Annotated[list[Annotated[str, StringConstraints(pattern=SUBNET_ID)]], Field(min_length=1)]


class Network(Frozen):
    cidr: str = "10.40.0.0/16"
    zones: Annotated[int, Field(ge=1, le=4)] = 3
    nat: Literal["single", "per-zone", "none"] = "single"
    endpoints: Literal["minimal", "full"] = "minimal"
    existing: ExistingNetwork | None = None

    @field_validator("cidr")
    @classmethod
    def _cidr(cls, value: str) -> str:
        try:
            network = IPv4Network(value)
        except ValueError as error:
            raise ValueError(f"is not an IPv4 network: {error}") from None
        if not 16 <= network.prefixlen <= 22:
            raise ValueError("a VPC block must be between /16 and /22")
        if not any(network.subnet_of(IPv4Network(block)) for block in PRIVATE_BLOCKS):
            raise ValueError("a VPC block must lie in a private range: " + ", ".join(PRIVATE_BLOCKS))
        return value


class Data(Frozen):
    """The data bucket (inputs, weights, runs, outputs) and the optional EFS weight cache."""

    keep_on_cleanup: bool = True
    efs_weight_cache: bool = False
    expire_noncurrent_days: Annotated[int, Field(ge=1, le=3650)] = 30


class Pool(Frozen):
    """GPU capacity of one memory class."""

    instance_types: Annotated[list[InstanceType], Field(min_length=1)]
    max_vcpus: Annotated[int, Field(ge=1, le=100_000)] = 256
    purchase: Purchase = Purchase.SPOT_FIRST
    warm_instances: Annotated[int, Field(ge=0, le=100)] = 0
    disk_gib: Annotated[int, Field(ge=100, le=16_384)] = 300
    scale_down_minutes: Annotated[int, Field(ge=20, le=10_080)] | None = None


def _default_pools() -> dict[str, Pool]:
    return {"gpu48": Pool(instance_types=["g6e.2xlarge", "g6e.4xlarge"])}


class Batch(Frozen):
    pools: dict[PoolName, Pool] = Field(default_factory=_default_pools)
    runnable_limit_minutes: Annotated[int, Field(ge=10, le=1440)] = 60


class Cluster(Frozen):
    """The EKS half; not built yet, so `enabled: true` is refused by a rule."""

    enabled: bool = False
    version: str = "1.34"
    public_access_cidrs: list[str] = Field(default_factory=list)


class Budget(Frozen):
    monthly_usd: Annotated[int, Field(ge=1, le=10_000_000)] = 500
    emails: list[Annotated[str, StringConstraints(pattern=EMAIL)]] = Field(default_factory=list)


class HuggingFace(Frozen):
    """Where the token comes from: only the *name* of an environment variable is ever written down."""

    token_env: Annotated[str, StringConstraints(pattern=ENV_NAME)] = "HF_TOKEN"  # noqa: S105  a name, not a secret

    @field_validator("token_env")
    @classmethod
    def _name_only(cls, value: str) -> str:
        """A token would fit the pattern of a name, and then stand in every plan and log."""
        if value.startswith(TOKEN_START) and len(value) >= TOKEN_LENGTH:
            raise ValueError("is a token, not the name of a variable; revoke that token, it may have been copied with the file")
        return value


class Logs(Frozen):
    retention_days: Literal[1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 3653] = 30


class TerraformSettings(Frozen):
    """Overrides of what is found by itself: the binary, and a provider mirror folder (`.../registry.terraform.io`'s parent)."""

    binary: str = ""
    plugin_mirror: str = ""
    timeout_minutes: Annotated[int, Field(ge=1, le=240)] = 60


class Deployment(Frozen):
    """One deployment: everything that `cosmosctl.yaml` says, defaults included."""

    version: Literal[1] = 1
    name: Name
    target: Target = Target.SANDBOX
    region: Region = "us-east-1"
    tags: dict[TagKey, TagValue] = Field(default_factory=dict)
    network: Network = Field(default_factory=Network)
    data: Data = Field(default_factory=Data)
    batch: Batch = Field(default_factory=Batch)
    cluster: Cluster = Field(default_factory=Cluster)
    budget: Budget = Field(default_factory=Budget)
    huggingface: HuggingFace = Field(default_factory=HuggingFace)
    logs: Logs = Field(default_factory=Logs)
    terraform: TerraformSettings = Field(default_factory=TerraformSettings)
