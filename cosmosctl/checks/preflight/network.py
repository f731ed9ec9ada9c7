"""The network: a block that collides with another VPC, and whether given subnets let a job host reach what it needs.

A host that cannot reach ECS never joins, and its jobs stay RUNNABLE for ever without a word.
"""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Network

from cosmosctl.checks.preflight.base import UNKNOWN, Subject, could_not_check, error, warning
from cosmosctl.findings import Finding
from cosmosctl.ports.facts import CouldNotCheck, NetworkFacts, PreflightFacts, Subnet, Vpc

RULES = (
    "cidr_overlap",
    "vpc_missing",
    "subnet_missing",
    "subnet_other_vpc",
    "subnet_zones",
    "subnet_addresses",
    "no_egress",
    "public_subnet",
    "s3_endpoint",
    "vpc_dns",
    "network",
    UNKNOWN,
)
# What a job host calls without a way to the internet; the same list as the network module's interface endpoints.
HOST_SERVICES = ("ecr.api", "ecr.dkr", "ecs", "ecs-agent", "ecs-telemetry", "logs", "secretsmanager", "sts")
ADDRESSES_MIN = 16


def findings(subject: Subject, facts: PreflightFacts) -> list[Finding]:
    if subject.deployment.network.existing is None:
        return list(_overlaps(subject, facts))
    if facts.network is None:
        return []
    if isinstance(facts.network, CouldNotCheck):
        return [] if facts.network.credentials else [could_not_check("the existing network", "network.existing", facts.network)]
    return list(_existing(subject, facts.network.value))


def _overlaps(subject: Subject, facts: PreflightFacts) -> Iterator[Finding]:
    if isinstance(facts.vpcs, CouldNotCheck) and not facts.vpcs.credentials:
        yield could_not_check("whether the block overlaps another VPC", "network.cidr", facts.vpcs)
    if facts.vpcs is None or isinstance(facts.vpcs, CouldNotCheck):
        return
    own = IPv4Network(subject.deployment.network.cidr)
    for vpc in facts.vpcs.value:
        hit = next((block for block in vpc.cidrs if IPv4Network(block).overlaps(own)), "")
        if hit and vpc.deployment != subject.deployment.name:
            yield _overlap(own, vpc, hit)


def _overlap(own: IPv4Network, vpc: Vpc, hit: str) -> Finding:
    who = f"{vpc.id} ({vpc.name})" if vpc.name else vpc.id
    message = f"{own} overlaps {hit} of {who}: the two can never be peered or share a transit gateway"
    return warning("network.cidr", "cidr_overlap", message, "choose another private block, for example 10.41.0.0/16")


def _existing(subject: Subject, network: NetworkFacts) -> Iterator[Finding]:
    path = "network.existing"
    if not network.exists:
        hint = f"aws ec2 describe-vpcs --region {subject.deployment.region}   lists them"
        yield error(f"{path}.vpc_id", "vpc_missing", f"there is no VPC {network.vpc_id} in {subject.deployment.region}", hint)
        return
    for subnet_id in network.missing:
        message = f"there is no subnet {subnet_id} in {subject.deployment.region}"
        hint = f"subnets of the VPC: aws ec2 describe-subnets --filters Name=vpc-id,Values={network.vpc_id}"
        yield error(f"{path}.subnet_ids", "subnet_missing", message, hint)
    if not (network.dns_support and network.dns_hostnames):
        off = "DNS resolution" if not network.dns_support else "DNS host names"
        message = f"{network.vpc_id} has {off} switched off: endpoints and EFS are found by name"
        yield warning(f"{path}.vpc_id", "vpc_dns", message, "switch it on")
    yield from _zones(path, network)
    for subnet in network.subnets:
        yield from _subnet(path, subnet, network)


def _zones(path: str, network: NetworkFacts) -> Iterator[Finding]:
    zones = sorted({subnet.zone for subnet in network.subnets})
    if network.subnets and len(zones) < len(network.subnets):
        count = f"{len(zones)} zone{'s' if len(zones) > 1 else ''}"
        message = f"{len(network.subnets)} subnets lie in {count} ({', '.join(zones)})"
        yield warning(f"{path}.subnet_ids", "subnet_zones", message, "one subnet in each of three zones finds scarce GPU types best")


def _subnet(path: str, subnet: Subnet, network: NetworkFacts) -> Iterator[Finding]:
    here = f"{path}.subnet_ids"
    if subnet.vpc_id != network.vpc_id:
        message = f"{subnet.id} belongs to {subnet.vpc_id}, not to {network.vpc_id}"
        yield error(here, "subnet_other_vpc", message, "give subnets of one VPC")
        return
    if subnet.free_addresses < ADDRESSES_MIN:
        message = f"{subnet.id} has {subnet.free_addresses} free addresses; each instance takes one"
        yield warning(here, "subnet_addresses", message, "give a larger subnet")
    yield from reachability(here, subnet, network)


def reachability(path: str, subnet: Subnet, network: NetworkFacts) -> Iterator[Finding]:
    """Whether a job host in `subnet` reaches AWS; also how doctor explains hosts that never join."""
    if subnet.egress == "igw" and not subnet.public_ips:
        message = f"{subnet.id} has an internet gateway as its default route, and gives instances no public address: they reach nothing"
        yield error(path, "public_subnet", message, "give private subnets with a route to a NAT gateway")
    elif subnet.egress == "":
        missing = missing_endpoints(subnet, network)
        if missing:
            message = f"{subnet.id} has no default route, and the VPC lacks the endpoints {', '.join(missing)}: hosts never join"
            yield error(path, "no_egress", message, "add a NAT gateway, or these endpoints")
    elif not subnet.s3_endpoint:
        message = f"{subnet.id} ({subnet.route_table}) has no S3 gateway endpoint: weights and image layers pay for NAT by the gigabyte"
        hint = f"aws ec2 modify-vpc-endpoint --add-route-table-ids {subnet.route_table}   (the endpoint is free)"
        yield warning(path, "s3_endpoint", message, hint)


def missing_endpoints(subnet: Subnet, network: NetworkFacts) -> list[str]:
    """Endpoints that a subnet without a default route lacks."""
    return [service for service in HOST_SERVICES if service not in network.endpoints] + ([] if subnet.s3_endpoint else ["s3 (gateway)"])
