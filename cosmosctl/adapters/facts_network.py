"""What a VPC lets its subnets reach: routes, NAT, gateway and interface endpoints. Reads EC2 and judges nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from botocore.exceptions import ClientError

from cosmosctl.adapters.aws_calls import code_of
from cosmosctl.ports.facts import NetworkFacts, Subnet

_NO_VPC = {"InvalidVpcID.NotFound", "InvalidVpcID.Malformed", "InvalidVpcId.Malformed"}


def read_network(ec2: Any, vpc_id: str, subnet_ids: Sequence[str]) -> NetworkFacts:
    """The given subnets, wherever they are, and the routes and endpoints of the VPC."""
    try:
        found = ec2.describe_vpcs(VpcIds=[vpc_id])["Vpcs"]
    except ClientError as error:
        if code_of(error) not in _NO_VPC:
            raise
        found = []
    if not found:
        return NetworkFacts(vpc_id, exists=False)
    # A filter leaves out what does not exist; asking by id would fail for all of them.
    items = (
        [
            item
            for page in ec2.get_paginator("describe_subnets").paginate(Filters=[{"Name": "subnet-id", "Values": list(subnet_ids)}])
            for item in page["Subnets"]
        ]
        if subnet_ids
        else []
    )
    in_vpc = [{"Name": "vpc-id", "Values": [vpc_id]}]
    tables = [item for page in ec2.get_paginator("describe_route_tables").paginate(Filters=in_vpc) for item in page["RouteTables"]]
    endpoints = [item for page in ec2.get_paginator("describe_vpc_endpoints").paginate(Filters=in_vpc) for item in page["VpcEndpoints"]]
    subnets = tuple(_subnet(item, tables, endpoints) for item in sorted(items, key=lambda item: list(subnet_ids).index(item["SubnetId"])))
    present = {subnet.id for subnet in subnets}
    return NetworkFacts(
        vpc_id,
        True,
        subnets,
        tuple(name for name in subnet_ids if name not in present),
        frozenset(_service(item) for item in endpoints if item["VpcEndpointType"] == "Interface" and _works(item)),
        _flag(ec2, vpc_id, "enableDnsSupport", "EnableDnsSupport"),
        _flag(ec2, vpc_id, "enableDnsHostnames", "EnableDnsHostnames"),
    )


def _flag(ec2: Any, vpc_id: str, name: str, key: str) -> bool:
    return bool(ec2.describe_vpc_attribute(VpcId=vpc_id, Attribute=name)[key]["Value"])


def _works(endpoint: Mapping[str, Any]) -> bool:
    return str(endpoint.get("State", "")).lower() == "available"


def _service(endpoint: Mapping[str, Any]) -> str:
    """`com.amazonaws.us-east-1.ecr.api` -> `ecr.api`."""
    return str(endpoint["ServiceName"]).split(".", 3)[-1]


def _subnet(item: Mapping[str, Any], tables: Sequence[Mapping[str, Any]], endpoints: Sequence[Mapping[str, Any]]) -> Subnet:
    table = _table_of(item["SubnetId"], tables)
    routes = table.get("Routes", ()) if table else ()
    table_id = str(table["RouteTableId"]) if table else ""
    gateways = [endpoint for endpoint in endpoints if endpoint["VpcEndpointType"] == "Gateway" and _service(endpoint) == "s3"]
    return Subnet(
        item["SubnetId"],
        item["VpcId"],
        item["AvailabilityZone"],
        item["CidrBlock"],
        int(item.get("AvailableIpAddressCount", 0)),
        _egress(routes),
        table_id,
        any(table_id in endpoint.get("RouteTableIds", ()) for endpoint in gateways),
        bool(item.get("MapPublicIpOnLaunch", False)),
    )


def _table_of(subnet_id: str, tables: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """The table associated with the subnet, or the main one of the VPC."""
    main = None
    for table in tables:
        for association in table.get("Associations", ()):
            if association.get("SubnetId") == subnet_id:
                return table
            if association.get("Main"):
                main = table
    return main


def _egress(routes: Sequence[Mapping[str, Any]]) -> str:
    """Where the default route leads; a black hole leads nowhere."""
    for route in routes:
        if route.get("DestinationCidrBlock") != "0.0.0.0/0" or route.get("State") == "blackhole":
            continue
        if route.get("NatGatewayId"):
            return "nat"
        return "igw" if str(route.get("GatewayId", "")).startswith("igw-") else "other"
    return ""
