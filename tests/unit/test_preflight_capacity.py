"""Quotas, offerings and networks of preflight on facts made by hand: nothing is asked, so each case is exact."""

from __future__ import annotations

from typing import Any

import pytest

from cosmosctl.checks.preflight import judge
from cosmosctl.findings import Level
from cosmosctl.ports.facts import (
    Fact,
    NetworkFacts,
    PreflightFacts,
    Subnet,
    Vpc,
)
from tests.support.preflight_facts import (
    DENIED,
    EXISTING,
    G_ON_DEMAND,
    G_SPOT,
    TYPES,
    ZONES,
    found,
    one,
    pool,
    quotas,
    subject,
)

# quotas


def test_quota_zero_everywhere_is_an_error_with_code_value_and_command() -> None:
    for finding in found(quotas(spot=0, ondemand=0), "quota_zero"):
        assert finding.level is Level.ERROR
        assert "is 0 vCPUs in us-east-1" in finding.message
        assert "aws service-quotas request-service-quota-increase --service-code ec2 --quota-code L-" in finding.hint
        assert "--desired-value 256 --region us-east-1" in finding.hint
    assert {G_SPOT, G_ON_DEMAND} <= {word for item in found(quotas(spot=0, ondemand=0), "quota_zero") for word in item.message.split()}


def test_quota_zero_of_one_market_leaves_the_other() -> None:
    finding = one(quotas(spot=0, ondemand=768), "quota_zero")
    assert finding.level is Level.WARNING
    assert "left with its on demand half" in finding.message


def test_quota_zero_of_the_only_market_is_an_error() -> None:
    assert one(quotas(spot=0, ondemand=768), "quota_zero", subject(**pool(purchase="spot"))).level is Level.ERROR


def test_a_quota_below_the_smallest_type_starts_nothing() -> None:
    finding = one(quotas(ondemand=4), "quota_too_small", subject(**pool(purchase="on-demand")))
    assert finding.level is Level.ERROR
    assert "g6e.2xlarge needs 8" in finding.message


def test_a_small_quota_says_how_many_run_at_once() -> None:
    finding = one(quotas(ondemand=64), "quota_small", subject(**pool(purchase="on-demand")))
    assert finding.level is Level.WARNING
    assert "at most 8 g6e.2xlarge run at once" in finding.message


def test_p_types_have_quotas_of_their_own() -> None:
    of = subject(batch={"pools": {"gpu80": {"instance_types": ["p5.4xlarge"], "max_vcpus": 64}}})
    zero = found(quotas(spot=999, ondemand=999, p=999, p5spot=0), "quota_zero", of)
    assert {item.path for item in zero} == {"batch.pools.gpu80.purchase"}
    assert G_SPOT not in str(judge(of, quotas(spot=0, ondemand=0, p=999, p5spot=999)))


def test_pools_that_fit_one_by_one_may_not_fit_together() -> None:
    half = {"instance_types": ["g6e.2xlarge"], "max_vcpus": 64, "purchase": "on-demand"}
    finding = one(quotas(ondemand=96), "quota_shared", subject(batch={"pools": {"aa": half, "bb": half}}))
    assert "aa, bb share" in finding.message
    assert "128 together" in finding.message


def test_an_unknown_quota_code_is_no_guess() -> None:
    of = subject(batch={"pools": {"gpu180": {"instance_types": ["p6-b200.48xlarge"], "purchase": "spot"}}})
    assert "disagree" in one(PreflightFacts(), "could_not_check", of).message


def test_quota_that_could_not_be_read_names_the_permission() -> None:
    finding = one(PreflightFacts(quotas={G_SPOT: DENIED, G_ON_DEMAND: Fact(999.0)}), "could_not_check")
    assert finding.level is Level.WARNING
    assert "allow x:Y" in finding.hint


# offerings


def offered(**zones: str) -> PreflightFacts:
    names = {"g6e_2xlarge": "g6e.2xlarge", "g6e_4xlarge": "g6e.4xlarge"}
    everywhere = {name: frozenset(ZONES) for name in TYPES}
    some = {names[name]: frozenset(f"us-east-1{letter}" for letter in letters) for name, letters in zones.items()}
    return PreflightFacts(zones=Fact(ZONES), offerings=Fact({**everywhere, **some}))


@pytest.mark.parametrize(
    ("letters", "rule", "level"),
    [
        ("", "not_offered", Level.ERROR),
        ("d", "not_offered", Level.ERROR),
        ("ad", "offered_in_part", Level.WARNING),
        ("abc", "offerings", Level.INFO),
    ],
)
def test_offerings_against_the_zones_that_are_used(letters: str, rule: str, level: Level) -> None:
    matching = [item for item in found(offered(g6e_2xlarge=letters), rule) if "g6e.2xlarge" in item.message]
    assert [(item.level, item.path) for item in matching] == [(level, "batch.pools.gpu48.instance_types[0]")]


def test_fewer_zones_than_asked_for() -> None:
    assert one(PreflightFacts(zones=Fact(ZONES[:2])), "zones").hint == "set network.zones to 2"


# network


def test_an_overlapping_vpc_is_named_and_our_own_is_not() -> None:
    vpcs = (Vpc("vpc-1", ("10.0.0.0/8",), "lab"), Vpc("vpc-2", ("10.40.0.0/16",), deployment="demo"), Vpc("vpc-3", ("192.168.0.0/16",)))
    finding = one(PreflightFacts(vpcs=Fact(vpcs)), "cidr_overlap")
    assert finding.level is Level.WARNING
    assert "vpc-1 (lab)" in finding.message


def subnet(**changes: Any) -> Subnet:
    base: dict[str, Any] = {
        "id": "subnet-11111111",
        "vpc_id": "vpc-12345678",
        "zone": "us-east-1a",
        "cidr": "10.0.0.0/24",
        "free_addresses": 200,
        "egress": "nat",
        "route_table": "rtb-1",
        "s3_endpoint": True,
    }
    return Subnet(**{**base, **changes})


def network(*subnets: Subnet, **changes: Any) -> PreflightFacts:
    return PreflightFacts(network=Fact(NetworkFacts("vpc-12345678", **{"exists": True, "subnets": subnets, **changes})))


@pytest.mark.parametrize(
    ("facts", "rule", "level"),
    [
        (network(exists=False), "vpc_missing", Level.ERROR),
        (network(missing=("subnet-22222222",)), "subnet_missing", Level.ERROR),
        (network(subnet(vpc_id="vpc-99999999")), "subnet_other_vpc", Level.ERROR),
        (network(subnet(), subnet(id="subnet-22222222")), "subnet_zones", Level.WARNING),
        (network(subnet(free_addresses=3)), "subnet_addresses", Level.WARNING),
        (network(subnet(egress="igw")), "public_subnet", Level.ERROR),
        (network(subnet(egress="")), "no_egress", Level.ERROR),
        (network(subnet(s3_endpoint=False)), "s3_endpoint", Level.WARNING),
        (network(subnet(), dns_support=False), "vpc_dns", Level.WARNING),
        (PreflightFacts(network=DENIED), "could_not_check", Level.WARNING),
    ],
)
def test_existing_network(facts: PreflightFacts, rule: str, level: Level) -> None:
    finding = one(facts, rule, subject(**EXISTING))
    assert (finding.level, bool(finding.hint)) == (level, True)


def test_no_nat_is_well_with_all_endpoints_and_names_the_missing_ones() -> None:
    everything = frozenset({"ecr.api", "ecr.dkr", "ecs", "ecs-agent", "ecs-telemetry", "logs", "secretsmanager", "sts"})
    assert not found(network(subnet(egress=""), endpoints=everything), "no_egress", subject(**EXISTING))
    finding = one(network(subnet(egress="", s3_endpoint=False), endpoints=everything - {"ecs-agent"}), "no_egress", subject(**EXISTING))
    assert "lacks the endpoints ecs-agent, s3 (gateway):" in finding.message
