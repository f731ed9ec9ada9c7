"""Address space, egress and endpoints of the network."""

from __future__ import annotations

from ipaddress import IPv4Network

from cosmosctl.catalog import gpus, limits, regions
from cosmosctl.config.model import Deployment
from cosmosctl.config.schema import did_you_mean
from cosmosctl.findings import Finding, Level

SUBNET_SHARE = 8  # as in the network module


def _instances(deployment: Deployment) -> int:
    """Most hosts that the pools can reach together."""
    total = 0
    for pool in deployment.batch.pools.values():
        unit = gpus.smallest(pool.instance_types)
        total += pool.max_vcpus // unit.vcpus if unit else 0
    return total


def cidr_too_small(deployment: Deployment) -> list[Finding]:
    """A private subnet is an eighth of the block, one in each zone."""
    network = deployment.network
    if network.existing:
        return []
    addresses = network.zones * (IPv4Network(network.cidr).num_addresses // SUBNET_SHARE - limits.SUBNET_ADDRESSES_RESERVED)
    need = _instances(deployment)
    if need <= addresses:
        return []
    message = f"{network.cidr} gives {addresses:,} private addresses in {network.zones} zones; the pools may grow to {need:,} instances"
    return [Finding("network.cidr", Level.ERROR, "cidr_too_small", message, "take a larger block such as 10.40.0.0/16, or lower max_vcpus")]


def nat_none_needs_endpoints(deployment: Deployment) -> list[Finding]:
    network = deployment.network
    if network.existing or network.nat != "none" or network.endpoints == "full":
        return []
    message = "without NAT, instances reach ECS, ECR, logs and secrets through interface endpoints only"
    return [Finding("network.endpoints", Level.ERROR, "nat_none_needs_endpoints", message, "set endpoints: full, or nat: single")]


def existing_network_zones(deployment: Deployment) -> list[Finding]:
    existing = deployment.network.existing
    if not existing:
        return []
    path = "network.existing.subnet_ids"
    if len(set(existing.subnet_ids)) != len(existing.subnet_ids):
        return [Finding(path, Level.ERROR, "existing_network_zones", "a subnet is listed twice", "list each subnet once, one per zone")]
    if len(existing.subnet_ids) == 1:
        message = "one subnet is one zone: the worst case for scarce GPU types"
        return [Finding(path, Level.WARNING, "existing_network_zones", message, "add subnets in other zones")]
    return []


def existing_network_overrides(deployment: Deployment) -> list[Finding]:
    """Keys that were set and have no effect beside `existing` should not look as if they had one."""
    network = deployment.network
    idle = [key for key in ("cidr", "zones", "nat") if key in network.model_fields_set]
    if not network.existing or not idle:
        return []
    message = f"{', '.join(idle)} {'has' if len(idle) == 1 else 'have'} no effect: the network is an existing one"
    return [Finding(f"network.{idle[0]}", Level.WARNING, "existing_network_overrides", message, "remove what has no effect")]


def efs_needs_endpoints(deployment: Deployment) -> list[Finding]:
    """Mounting EFS with IAM asks the EFS API and STS, which a network without egress reaches by endpoints only."""
    network = deployment.network
    if not deployment.data.efs_weight_cache or network.existing or network.nat != "none" or network.endpoints == "full":
        return []
    message = "EFS is mounted with IAM, which needs the EFS and STS endpoints in a network without NAT"
    return [Finding("data.efs_weight_cache", Level.ERROR, "efs_needs_endpoints", message, "set network.endpoints: full")]


def unknown_region(deployment: Deployment) -> list[Finding]:
    if deployment.region in regions.REGIONS:
        return []
    hint = did_you_mean(deployment.region, regions.REGIONS, "--skip-check unknown_region if the region is new")
    return [Finding("region", Level.WARNING, "unknown_region", f"{deployment.region} is not a region that this release knows", hint)]
