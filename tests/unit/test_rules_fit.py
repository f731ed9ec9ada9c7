"""A variant against pools: GPU memory against every type, host size against single types, and the choice among pools."""

from __future__ import annotations

from typing import Any

import pytest

from cosmosctl.blueprints.registry import load_blueprint
from cosmosctl.blueprints.schema import Blueprint
from cosmosctl.checks.fit import choose_pool, fit
from cosmosctl.config.model import Deployment, Pool
from cosmosctl.findings import Level, errors

PREDICT, REASON = load_blueprint("predict"), load_blueprint("reason")
SMALL = {"instance_types": ["g5.2xlarge"]}
MIDDLE = {"instance_types": ["g6e.2xlarge", "g6e.4xlarge"]}
LARGE = {"instance_types": ["p5.4xlarge"]}


def deployment(**pools: Any) -> Deployment:
    return Deployment.model_validate({"name": "demo", "batch": {"pools": pools}})


@pytest.mark.parametrize(
    ("blueprint", "variant", "chosen"),
    [
        (REASON, "2B", "small"), (REASON, "8B", "middle"), (REASON, "32B", "large"),
        (PREDICT, "2B", "middle"), (PREDICT, "distilled", "middle"), (PREDICT, "14B", "large"),
    ],
)  # fmt: skip
def test_smallest_pool_that_fits(blueprint: Blueprint, variant: str, chosen: str) -> None:
    name, findings = choose_pool(deployment(large=LARGE, middle=MIDDLE, small=SMALL), blueprint, variant)
    assert name == chosen
    assert findings == []


def test_default_deployment_runs_the_default_variants() -> None:
    for blueprint in (PREDICT, REASON):
        assert choose_pool(Deployment(name="demo"), blueprint, blueprint.default_variant) == ("gpu48", [])


def test_one_small_card_in_a_pool_is_enough_to_refuse() -> None:
    pool = Pool(instance_types=["g6e.2xlarge", "g5.2xlarge"])
    (finding,) = fit(REASON, "8B", "mixed", pool)
    assert (finding.rule, finding.level, finding.path) == ("gpu_memory_too_small", Level.ERROR, "batch.pools.mixed.instance_types[1]")
    assert "24 GiB" in finding.message
    assert "needs 32" in finding.message


def test_no_pool_names_reasons_and_a_pool_to_add() -> None:
    name, findings = choose_pool(deployment(small=SMALL, middle=MIDDLE), PREDICT, "14B")
    assert name is None
    assert [item.rule for item in findings] == ["gpu_memory_too_small"] * 3 + ["no_pool_fits"]
    assert "gpu96: {instance_types: [g7e.2xlarge" in findings[-1].hint
    suggested = findings[-1].hint.split("[")[1].split("]")[0].split(", ")
    assert errors(fit(PREDICT, "14B", "gpu96", Pool(instance_types=suggested))) == []


def test_small_host_among_others_is_a_warning() -> None:
    name, findings = choose_pool(deployment(gpu48={"instance_types": ["g6e.xlarge", "g6e.2xlarge"]}), PREDICT, "2B")
    assert name == "gpu48"
    assert [(item.rule, item.level) for item in findings] == [("host_too_small", Level.WARNING)]
    assert "4 of 7 vCPUs" in findings[0].message


def test_only_small_hosts_are_an_error() -> None:
    name, findings = choose_pool(deployment(gpu48={"instance_types": ["g6e.xlarge"]}), PREDICT, "2B")
    assert name is None
    assert "no job could start" in findings[0].message


def test_host_memory_counts_what_the_agent_leaves() -> None:
    spec = PREDICT.variants["2B"]
    host = spec.host.model_copy(update={"memory_mib": 64 * 1024})
    greedy = PREDICT.model_copy(update={"variants": {"2B": spec.model_copy(update={"host": host})}})
    (finding,) = fit(greedy, "2B", "gpu48", Pool(instance_types=["g6e.2xlarge"]))
    assert finding.rule == "host_too_small"
    assert "61604 of 65536 MiB" in finding.message


def test_gpu_count() -> None:
    spec = PREDICT.variants["2B"]
    wide = PREDICT.model_copy(update={"variants": {"2B": spec.model_copy(update={"gpu": spec.gpu.model_copy(update={"count": 4})})}})
    assert [item.rule for item in fit(wide, "2B", "p", Pool(instance_types=["g6e.2xlarge"]))] == ["host_too_small"]
    assert fit(wide, "2B", "p", Pool(instance_types=["g6e.12xlarge"])) == []


def test_disk() -> None:
    (finding,) = fit(PREDICT, "2B", "gpu48", Pool(instance_types=["g6e.2xlarge"], disk_gib=150))
    assert (finding.rule, finding.path) == ("disk_too_small", "batch.pools.gpu48.disk_gib")


def test_wanted_pool() -> None:
    two = deployment(middle=MIDDLE, large=LARGE)
    assert choose_pool(two, PREDICT, "2B", "large") == ("large", [])
    name, findings = choose_pool(two, PREDICT, "14B", "middle")
    assert name is None
    assert findings[-1].rule == "no_pool_fits"
    name, findings = choose_pool(two, PREDICT, "2B", "lage")
    assert name is None
    assert (findings[0].rule, findings[0].hint) == ("unknown_pool", "did you mean `large`?")


def test_type_outside_the_catalogue_is_said_not_refused() -> None:
    name, findings = choose_pool(deployment(new={"instance_types": ["g9.2xlarge"]}), PREDICT, "2B")
    assert name == "new"
    assert [(item.rule, item.level) for item in findings] == [("fit_unknown", Level.WARNING)]
