"""EC2's part of the inventory: everything that a network and Batch instances leave, found by tag."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from cosmosctl.adapters.aws_calls import gone_is_fine
from cosmosctl.adapters.inventory_kind import Found, Kind, own_tag, tag_map
from cosmosctl.catalog.naming import TAG_DEPLOYMENT, Names
from cosmosctl.ports.aws import AwsSession

ENDING = {"deleted", "deleting", "terminated", "shutting-down"}


def _client(session: AwsSession) -> Any:
    return session.client("ec2")


def _listed(operation: str, key: str, identifier: str) -> Callable[[AwsSession, Names], Iterator[Found]]:
    """Everything with the deployment's tag; the filter is the service's own."""

    def find(session: AwsSession, names: Names) -> Iterator[Found]:
        filters = [{"Name": f"tag:{TAG_DEPLOYMENT}", "Values": [names.name]}]
        for page in _client(session).get_paginator(operation).paginate(Filters=filters):
            for item in page[key]:
                if str(item.get("State", item.get("Status", ""))).lower() not in {"deleted"}:
                    yield _found(item, identifier)

    return find


def _found(item: Mapping[str, Any], identifier: str) -> Found:
    tags = tag_map(item.get("Tags", item.get("TagSet")))
    return Found(item[identifier], tags.get("Name", item.get("LaunchTemplateName", "")), tags)


def _instances(session: AwsSession, names: Names) -> Iterator[Found]:
    filters = [
        {"Name": f"tag:{TAG_DEPLOYMENT}", "Values": [names.name]},
        {"Name": "instance-state-name", "Values": ["pending", "running", "stopping", "stopped", "shutting-down"]},
    ]
    for page in _client(session).get_paginator("describe_instances").paginate(Filters=filters):
        for reservation in page["Reservations"]:
            yield from (_found(item, "InstanceId") for item in reservation["Instances"])


def _addresses(session: AwsSession, names: Names) -> Iterator[Found]:
    filters = [{"Name": f"tag:{TAG_DEPLOYMENT}", "Values": [names.name]}]
    yield from (_found(item, "AllocationId") for item in _client(session).describe_addresses(Filters=filters)["Addresses"])


def _nat_gateways(session: AwsSession, names: Names) -> Iterator[Found]:
    filters = [{"Name": f"tag:{TAG_DEPLOYMENT}", "Values": [names.name]}]
    for page in _client(session).get_paginator("describe_nat_gateways").paginate(Filters=filters):
        found = [_found(item, "NatGatewayId") for item in page["NatGateways"] if item["State"] != "deleted"]
        yield from (item for item in found if own_tag(item.tags, names))  # not every endpoint applies this filter


def _vpc_ids(session: AwsSession, names: Names) -> list[str]:
    filters = [{"Name": f"tag:{TAG_DEPLOYMENT}", "Values": [names.name]}]
    return [vpc["VpcId"] for vpc in _client(session).describe_vpcs(Filters=filters)["Vpcs"]]


def _in_vpcs(
    operation: str, key: str, identifier: str, skip: Callable[[Mapping[str, Any]], bool]
) -> Callable[[AwsSession, Names], Iterator[Found]]:
    """Everything inside our own VPCs, tagged or not: it would keep the VPC from being deleted."""

    def find(session: AwsSession, names: Names) -> Iterator[Found]:
        seen: dict[str, Found] = {}
        vpcs = _vpc_ids(session, names)
        inside = [{"Name": "vpc-id", "Values": vpcs}]
        tagged = [{"Name": f"tag:{TAG_DEPLOYMENT}", "Values": [names.name]}]
        for filters in [tagged, *([inside] if vpcs else [])]:
            for page in _client(session).get_paginator(operation).paginate(Filters=filters):
                seen |= {item[identifier]: _found(item, identifier) for item in page[key] if not skip(item)}
        yield from seen.values()

    return find


def _main_table(item: Mapping[str, Any]) -> bool:
    return any(association.get("Main") for association in item.get("Associations", []))


def _security_group(session: AwsSession, group: str) -> None:
    """Rules that refer to other groups go first, or two groups keep each other alive."""
    client = _client(session)
    with gone_is_fine("InvalidGroup.NotFound"):
        for item in client.describe_security_groups(GroupIds=[group])["SecurityGroups"]:
            _revoke_links(client.revoke_security_group_ingress, group, item["IpPermissions"])
            _revoke_links(client.revoke_security_group_egress, group, item["IpPermissionsEgress"])
        client.delete_security_group(GroupId=group)


def _revoke_links(revoke: Callable[..., Any], group: str, permissions: list[dict[str, Any]]) -> None:
    """A rule may name a group that is gone; that must not keep this one."""
    linked = [
        {**permission, "IpRanges": [], "Ipv6Ranges": [], "PrefixListIds": []}
        for permission in permissions
        if permission.get("UserIdGroupPairs")
    ]
    if linked:
        with gone_is_fine("InvalidGroup.NotFound", "InvalidPermission.NotFound"):
            revoke(GroupId=group, IpPermissions=linked)


def _route_table(session: AwsSession, table: str) -> None:
    client = _client(session)
    with gone_is_fine("InvalidRouteTableID.NotFound"):
        for item in client.describe_route_tables(RouteTableIds=[table])["RouteTables"]:
            for association in item.get("Associations", []):
                if not association.get("Main"):
                    client.disassociate_route_table(AssociationId=association["RouteTableAssociationId"])
        client.delete_route_table(RouteTableId=table)


def _internet_gateway(session: AwsSession, gateway: str) -> None:
    client = _client(session)
    with gone_is_fine("InvalidInternetGatewayID.NotFound"):
        for item in client.describe_internet_gateways(InternetGatewayIds=[gateway])["InternetGateways"]:
            for attachment in item.get("Attachments", []):
                client.detach_internet_gateway(InternetGatewayId=gateway, VpcId=attachment["VpcId"])
        client.delete_internet_gateway(InternetGatewayId=gateway)


def _call(operation: str, argument: str, missing: str, *, many: bool = False) -> Callable[[AwsSession, str], None]:
    def delete(session: AwsSession, identifier: str) -> None:
        with gone_is_fine(missing):
            getattr(_client(session), operation)(**{argument: [identifier] if many else identifier})

    return delete


def _default_group(item: Mapping[str, Any]) -> bool:
    return item.get("GroupName") == "default"


def _managed(item: Mapping[str, Any]) -> bool:
    return bool(item.get("RequesterManaged")) or item.get("InterfaceType") in {"nat_gateway", "vpc_endpoint"}


INSTANCES = (
    Kind(
        "ec2_instance", "ec2", _instances, _call("terminate_instances", "InstanceIds", "InvalidInstanceID.NotFound", many=True), exact=True
    ),
    Kind(
        "ec2_launch_template",
        "ec2",
        _listed("describe_launch_templates", "LaunchTemplates", "LaunchTemplateId"),
        _call("delete_launch_template", "LaunchTemplateId", "InvalidLaunchTemplateId.NotFound"),
        exact=True,
    ),
    Kind(
        "ec2_volume",
        "ec2",
        _listed("describe_volumes", "Volumes", "VolumeId"),
        _call("delete_volume", "VolumeId", "InvalidVolume.NotFound"),
        exact=True,
    ),
)
NETWORK = (
    Kind(
        "ec2_vpc_endpoint",
        "ec2",
        _in_vpcs("describe_vpc_endpoints", "VpcEndpoints", "VpcEndpointId", lambda item: str(item["State"]).lower() in ENDING),
        _call("delete_vpc_endpoints", "VpcEndpointIds", "InvalidVpcEndpointId.NotFound", many=True),
        exact=True,
    ),
    Kind("ec2_nat_gateway", "ec2", _nat_gateways, _call("delete_nat_gateway", "NatGatewayId", "NatGatewayNotFound"), exact=True),
    Kind(
        "ec2_network_interface",
        "ec2",
        _in_vpcs("describe_network_interfaces", "NetworkInterfaces", "NetworkInterfaceId", _managed),
        _call("delete_network_interface", "NetworkInterfaceId", "InvalidNetworkInterfaceID.NotFound"),
        exact=True,
    ),
    Kind("ec2_eip", "ec2", _addresses, _call("release_address", "AllocationId", "InvalidAllocationID.NotFound"), exact=True),
    Kind(
        "ec2_security_group",
        "ec2",
        _in_vpcs("describe_security_groups", "SecurityGroups", "GroupId", _default_group),
        _security_group,
        exact=True,
    ),
    Kind(
        "ec2_subnet",
        "ec2",
        _in_vpcs("describe_subnets", "Subnets", "SubnetId", lambda _: False),
        _call("delete_subnet", "SubnetId", "InvalidSubnetID.NotFound"),
        exact=True,
    ),
    Kind("ec2_route_table", "ec2", _in_vpcs("describe_route_tables", "RouteTables", "RouteTableId", _main_table), _route_table, exact=True),
    Kind(
        "ec2_internet_gateway",
        "ec2",
        _listed("describe_internet_gateways", "InternetGateways", "InternetGatewayId"),
        _internet_gateway,
        exact=True,
    ),
    Kind("ec2_vpc", "ec2", _listed("describe_vpcs", "Vpcs", "VpcId"), _call("delete_vpc", "VpcId", "InvalidVpcID.NotFound"), exact=True),
)
