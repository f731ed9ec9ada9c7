"""Rules: found by themselves, silent about a good file, each can be skipped; warnings and money say what they must."""

from __future__ import annotations

from typing import Any

import pytest

from cosmosctl.catalog.naming import Names
from cosmosctl.checks import offline_findings, rule_names, rules
from cosmosctl.checks.names import too_long
from cosmosctl.config.model import Deployment
from cosmosctl.findings import Finding, Level
from tests.cli.cases.config_cases import RULES


def deployment(**changes: Any) -> Deployment:
    return Deployment.model_validate({"name": "demo", **changes})


def pool(**changes: Any) -> dict[str, Any]:
    return {"pools": {"gpu48": {"instance_types": ["g6e.2xlarge"], **changes}}}


def found(deployed: Deployment, rule: str) -> list[Finding]:
    return [item for item in offline_findings(deployed) if item.rule == rule]


def test_defaults_are_without_findings() -> None:
    assert offline_findings(deployment()) == []


def test_each_rule_is_a_function_that_gives_its_own_name() -> None:
    for name, rule in rules.rules().items():
        assert rule.__name__ == name
    assert {case.rule for case in RULES} <= set(rule_names())


def test_skipping_a_rule() -> None:
    wrong = deployment(cluster={"enabled": True}, network={"nat": "none"})
    assert {item.rule for item in offline_findings(wrong)} == {"cluster_not_available", "nat_none_needs_endpoints"}
    assert {item.rule for item in offline_findings(wrong, ["cluster_not_available"])} == {"nat_none_needs_endpoints"}


def test_warm_instances_name_their_price_on_aws() -> None:
    warm = deployment(target="aws", batch=pool(warm_instances=2, purchase="on-demand"))
    (cost,) = found(warm, "warm_cost")
    assert cost.level is Level.WARNING
    assert "2 x g6e.2xlarge" in cost.message
    assert "$4.48 per hour" in cost.message
    assert "$3,273 per month" in cost.message
    assert "2026-07-20" in cost.message
    assert "not the model" in cost.hint
    (budget,) = found(warm, "budget_below_warm_cost")
    assert "$500" in budget.message
    enough = deployment(target="aws", batch=pool(warm_instances=2, purchase="on-demand"), budget={"monthly_usd": 4000})
    assert not found(enough, "budget_below_warm_cost")


def test_warm_instances_in_the_sandbox_are_only_mentioned() -> None:
    (cost,) = found(deployment(batch=pool(warm_instances=1)), "warm_cost")
    assert cost.level is Level.INFO


def test_warm_hosts_are_counted_in_the_first_type() -> None:
    warm = pool(instance_types=["g6e.8xlarge", "g6e.2xlarge"], max_vcpus=48, warm_instances=2)
    (finding,) = found(deployment(batch=warm), "warm_exceeds_max")
    assert "need 64 vCPUs" in finding.message


def test_warm_type_without_a_price_says_so() -> None:
    (cost,) = found(deployment(batch={"pools": {"big": {"instance_types": ["g6e.16xlarge"], "warm_instances": 1}}}), "warm_cost")
    assert "no price" in cost.message


def test_a_type_too_large_for_the_pool_is_a_warning_while_another_fits() -> None:
    (finding,) = found(deployment(batch=pool(instance_types=["g6e.2xlarge", "g6e.8xlarge"], max_vcpus=16)), "max_vcpus_too_small")
    assert finding.level is Level.WARNING
    assert "g6e.8xlarge (32)" in finding.message


def test_one_existing_subnet_is_a_warning() -> None:
    existing = {"vpc_id": "vpc-12345678", "subnet_ids": ["subnet-12345678"]}
    (finding,) = found(deployment(network={"existing": existing}), "existing_network_zones")
    assert finding.level is Level.WARNING
    two = existing | {"subnet_ids": ["subnet-12345678", "subnet-12345679"]}
    assert offline_findings(deployment(network={"existing": two})) == []


def test_keys_without_effect_beside_an_existing_network() -> None:
    existing = {"vpc_id": "vpc-12345678", "subnet_ids": ["subnet-12345678", "subnet-12345679"]}
    (finding,) = offline_findings(deployment(network={"existing": existing, "cidr": "10.0.0.0/16", "nat": "none"}))
    assert (finding.rule, finding.level) == ("existing_network_overrides", Level.WARNING)
    assert "cidr, nat have no effect" in finding.message


def test_efs_without_egress() -> None:
    closed = {"nat": "none", "endpoints": "minimal"}
    assert found(deployment(network=closed, data={"efs_weight_cache": True}), "efs_needs_endpoints")
    assert not offline_findings(deployment(network=closed | {"endpoints": "full"}, data={"efs_weight_cache": True}))


def test_region_slip_is_a_warning_with_a_guess() -> None:
    (finding,) = offline_findings(deployment(region="eu-wset-1"))
    assert (finding.rule, finding.level) == ("unknown_region", Level.WARNING)
    assert "eu-west-1" in finding.hint


def test_old_and_new_gpus() -> None:
    (old,) = found(deployment(batch={"pools": {"t4": {"instance_types": ["g4dn.2xlarge"]}}}), "unusable_gpu")
    assert old.level is Level.WARNING
    (new,) = found(deployment(batch={"pools": {"gpu96": {"instance_types": ["g7e.2xlarge"]}}}), "driver_floor")
    assert new.level is Level.INFO
    assert "580" in new.message


def test_duplicate_type() -> None:
    (finding,) = offline_findings(deployment(batch=pool(instance_types=["g6e.2xlarge", "g6e.4xlarge", "g6e.2xlarge"])))
    assert finding.path == "batch.pools.gpu48.instance_types[2]"


def test_budget_without_reader_on_aws() -> None:
    assert [item.level for item in found(deployment(target="aws"), "budget_emails")] == [Level.INFO]
    assert not found(deployment(target="aws", budget={"emails": ["a@example.com"]}), "budget_emails")


def test_longest_allowed_names_fit_every_service() -> None:
    names = Names("a" * 20, "123456789012", "ap-northeast-1")
    assert too_long(names, ["p" * 16], [("b" * 20, ["variant-of-16-ch"])]) == []


@pytest.mark.parametrize(
    ("names", "pools", "blueprints", "path", "by"),
    [
        (Names("a" * 45, "1", "us-east-1"), [], [], "name", 7),
        (Names("demo", "1", "us-east-1"), ["p" * 90], [], "batch.pools." + "p" * 90, 13),
        (Names("demo", "1", "us-east-1"), [], [("b" * 40, ["2B"])], "blueprint " + "b" * 40, 4),
    ],
)
def test_names_too_long(names: Names, pools: list[str], blueprints: list[tuple[str, list[str]]], path: str, by: int) -> None:
    findings = too_long(names, pools, blueprints)
    assert [(item.path, item.rule, item.hint) for item in findings] == [(path, "name_lengths", f"shorten {path} by {by}")]
