"""Facts of one account and region through boto3. Every failure becomes `CouldNotCheck` with the IAM action that is missing.

Must not know pools, blueprints or what a fact is good for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from cosmosctl.adapters.aws_calls import DENIED, code_of
from cosmosctl.adapters.facts_network import read_network
from cosmosctl.adapters.session import credential_error
from cosmosctl.catalog.naming import TAG_DEPLOYMENT
from cosmosctl.errors import CosmosctlError
from cosmosctl.ports.aws import AwsSession
from cosmosctl.ports.facts import CouldNotCheck, Fact, Identity, Lookup, NetworkFacts, RegionState, Vpc

T = TypeVar("T")
_UNKNOWN_REGION = {"InvalidParameterValue", "InvalidParameter"}
_WORDS = 300


def ask(action: str, read: Callable[[], T], source: str = "") -> Fact[T] | CouldNotCheck:
    """The answer, or why there is none. `action` is the IAM action (`service:Operation`)."""
    try:
        return Fact(read(), source)
    except CosmosctlError as error:
        return CouldNotCheck(error.message, credentials=error.code == "no_credentials")
    except ClientError as error:
        code = code_of(error)
        if code in DENIED:
            return CouldNotCheck(f"{code}: the identity in use may not call {action}", action)
        bad = credential_error(error)
        message = str(error.response.get("Error", {}).get("Message", ""))[:_WORDS]
        return CouldNotCheck(bad.message if bad else f"{action}: {code}: {message}", credentials=bad is not None)
    except BotoCoreError as error:
        bad = credential_error(error)
        return CouldNotCheck(bad.message if bad else f"{action}: {str(error)[:_WORDS]}", credentials=bad is not None)


class AccountFacts:
    """`ports.facts.AwsFacts` over one session."""

    def __init__(self, session: AwsSession) -> None:
        self._session = session

    def identity(self) -> Lookup[Identity]:
        def read() -> Identity:
            answer = self._session.client("sts").get_caller_identity()
            return Identity(str(answer["Account"]), str(answer["Arn"]))

        return ask("sts:GetCallerIdentity", read)

    def region(self) -> Lookup[RegionState]:
        return ask("ec2:DescribeRegions", lambda: _region(self._session.client("ec2"), self._session.region))

    def zones(self) -> Lookup[tuple[str, ...]]:
        wanted = [{"Name": "opt-in-status", "Values": ["opt-in-not-required"]}, {"Name": "state", "Values": ["available"]}]

        def read() -> tuple[str, ...]:
            found = self._session.client("ec2").describe_availability_zones(Filters=wanted)["AvailabilityZones"]
            return tuple(sorted(str(item["ZoneName"]) for item in found))

        return ask("ec2:DescribeAvailabilityZones", read)

    def offerings(self, instance_types: Sequence[str]) -> Lookup[Mapping[str, frozenset[str]]]:
        return ask("ec2:DescribeInstanceTypeOfferings", lambda: _offerings(self._session.client("ec2"), instance_types))

    def quota(self, code: str) -> Lookup[float]:
        return ask("servicequotas:GetServiceQuota", lambda: _quota(self._session.client("service-quotas"), code))

    def vpcs(self) -> Lookup[tuple[Vpc, ...]]:
        def read() -> tuple[Vpc, ...]:
            pages = self._session.client("ec2").get_paginator("describe_vpcs").paginate()
            return tuple(_vpc(item) for page in pages for item in page["Vpcs"])

        return ask("ec2:DescribeVpcs", read)

    def network(self, vpc_id: str, subnet_ids: Sequence[str]) -> Lookup[NetworkFacts]:
        return ask("ec2:DescribeSubnets", lambda: read_network(self._session.client("ec2"), vpc_id, subnet_ids))


def _region(ec2: Any, name: str) -> RegionState:
    try:
        found = ec2.describe_regions(RegionNames=[name], AllRegions=True)["Regions"]
    except ClientError as error:
        if code_of(error) not in _UNKNOWN_REGION:
            raise
        found = []
    return RegionState(name, str(found[0].get("OptInStatus", "opt-in-not-required")) if found else "unknown")


def _offerings(ec2: Any, instance_types: Sequence[str]) -> Mapping[str, frozenset[str]]:
    zones: dict[str, set[str]] = {name: set() for name in instance_types}
    pages = ec2.get_paginator("describe_instance_type_offerings").paginate(
        LocationType="availability-zone", Filters=[{"Name": "instance-type", "Values": sorted(zones)}]
    )
    for page in pages:
        for item in page["InstanceTypeOfferings"]:
            if item["InstanceType"] in zones:
                zones[item["InstanceType"]].add(item["Location"])
    return {name: frozenset(found) for name, found in zones.items()}


def _quota(quotas: Any, code: str) -> float:
    """A quota that was never changed may exist only as the service's default."""
    try:
        return float(quotas.get_service_quota(ServiceCode="ec2", QuotaCode=code)["Quota"]["Value"])
    except ClientError as error:
        if code_of(error) != "NoSuchResourceException":
            raise
        return float(quotas.get_aws_default_service_quota(ServiceCode="ec2", QuotaCode=code)["Quota"]["Value"])


def _vpc(item: Mapping[str, Any]) -> Vpc:
    tags = {tag["Key"]: tag["Value"] for tag in item.get("Tags", ())}
    parts = item.get("CidrBlockAssociationSet", ())
    blocks = [part["CidrBlock"] for part in parts if part.get("CidrBlockState", {}).get("State") != "disassociated"]
    return Vpc(item["VpcId"], tuple(dict.fromkeys([item["CidrBlock"], *blocks])), tags.get("Name", ""), tags.get(TAG_DEPLOYMENT, ""))
