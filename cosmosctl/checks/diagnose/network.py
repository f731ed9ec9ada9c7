"""Can a host reach what it needs? Without NAT by endpoints, each of them; and S3 by the gateway on every route table."""

from __future__ import annotations

from collections.abc import Iterator

from cosmosctl.checks.diagnose.base import UNKNOWN, Diagnosis, broken, doubtful, not_checked, some
from cosmosctl.checks.preflight.network import missing_endpoints
from cosmosctl.ports.facts import CouldNotCheck, NetworkFacts
from cosmosctl.ports.symptoms import DoctorFacts

CAUSES = ("vpc_missing", "subnet_missing", "endpoint_missing", "no_egress", "s3_endpoint_missing", UNKNOWN)
LOOKED_AT = "routes and endpoints"
NEEDS = ("network",)
REPAIR = "cosmosctl install   puts it back"


def diagnose(facts: DoctorFacts) -> list[Diagnosis]:
    if facts.network is None:
        return []
    if isinstance(facts.network, CouldNotCheck):
        return [not_checked("the network", "network", facts.network)]
    return list(_judge(facts.network.value))


def _judge(network: NetworkFacts) -> Iterator[Diagnosis]:
    if not network.exists:
        yield broken("vpc_missing", network.vpc_id, f"the VPC {network.vpc_id} is gone", REPAIR)
        return
    if network.missing:
        yield broken("subnet_missing", network.missing[0], f"subnets are gone: {some(network.missing)}", REPAIR)
    yield from _endpoints(network)
    public = [subnet.id for subnet in network.subnets if subnet.egress == "igw" and not subnet.public_ips]
    if public:
        message = f"{some(public)}: the default route is an internet gateway, and hosts get no public address, so they reach nothing"
        yield broken("no_egress", public[0], message, "route the subnets to a NAT gateway")
    tables = sorted({subnet.route_table for subnet in network.subnets if subnet.egress and not subnet.s3_endpoint})
    if tables:
        message = f"no S3 gateway endpoint on {some(tables)}: weights and image layers go through NAT and are paid by the gigabyte"
        yield doubtful("s3_endpoint_missing", tables[0], message, REPAIR)


def _endpoints(network: NetworkFacts) -> Iterator[Diagnosis]:
    closed = [subnet for subnet in network.subnets if subnet.egress == ""]
    missing = sorted({service for subnet in closed for service in missing_endpoints(subnet, network)})
    if missing:
        where = some(subnet.id for subnet in closed)
        message = f"{where} has no way out, and the VPC lacks endpoints for {', '.join(missing)}: hosts never join"
        hint = "set network.endpoints: full (or network.nat: single) in cosmosctl.yaml, then: cosmosctl install"
        yield broken("endpoint_missing", network.vpc_id, message, hint)
