"""Terraform variables from a deployment: a pure translation."""

from __future__ import annotations

import json

import pytest

from cosmosctl.catalog.naming import Names
from cosmosctl.config.model import Batch, Deployment, Pool, Purchase, Target
from cosmosctl.errors import CosmosctlError
from cosmosctl.render.tfvars import batch_tfvars, foundation_tfvars, model_tfvars
from tests.stacks.samples import BATCH, FOUNDATION, VARIANT

NAMES = Names("demo", "123456789012", "us-east-1")


def _with(pool: Pool) -> Deployment:
    return Deployment(name="demo", batch=Batch(pools={"gpu48": pool}))


def test_foundation_holds_the_whole_deployment_and_is_json() -> None:
    given = foundation_tfvars(Deployment(name="demo", tags={"owner": "robotics"}), NAMES)
    assert json.loads(json.dumps(given)) == given
    assert given["prefix"] == "cosmosctl-demo"
    assert given["unique_prefix"] == NAMES.unique
    assert given["tags"] == {"owner": "robotics"}
    assert given["network"] == {"cidr": "10.40.0.0/16", "zones": 3, "nat": "single", "endpoints": "minimal", "existing": None}
    assert given["data"] == {"keep": True, "efs_weight_cache": False, "expire_noncurrent_days": 30}


@pytest.mark.parametrize(("target", "sandbox"), [(Target.SANDBOX, True), (Target.AWS, False)])
def test_only_the_target_decides_about_path_style(target: Target, sandbox: bool) -> None:
    assert foundation_tfvars(Deployment(name="demo", target=target), NAMES)["sandbox"] is sandbox


def test_warm_pools_count_the_vcpus_of_their_first_type() -> None:
    pool = Pool(instance_types=["g6e.4xlarge", "g6e.2xlarge"], warm_instances=2, purchase=Purchase.ON_DEMAND)
    given = batch_tfvars(_with(pool), NAMES, FOUNDATION, {"g6e.2xlarge": 8, "g6e.4xlarge": 16})["pools"]["gpu48"]
    assert given["instance_vcpus"] == 16
    assert given["purchase"] == "on-demand"


def test_a_cold_pool_of_an_unknown_type_needs_no_vcpus() -> None:
    assert batch_tfvars(_with(Pool(instance_types=["x9.large"])), NAMES, FOUNDATION, {})["pools"]["gpu48"]["instance_vcpus"] == 0


def test_a_warm_pool_of_an_unknown_type_is_refused() -> None:
    with pytest.raises(CosmosctlError) as caught:
        batch_tfvars(_with(Pool(instance_types=["x9.large"], warm_instances=1)), NAMES, FOUNDATION, {})
    assert (caught.value.code, caught.value.path) == ("invalid_config", "batch.pools.gpu48.warm_instances")


def test_a_variant_is_submitted_to_the_queue_of_its_installed_pool() -> None:
    given = model_tfvars(
        Deployment(name="demo"), NAMES, FOUNDATION, BATCH, "predict", {"2B": {**VARIANT, "queue": "guessed", "note": "not for Terraform"}}
    )
    assert given["variants"]["2B"] == {**VARIANT, "queue": "q"}
    assert given["blueprint"] == "predict"


def test_a_pool_that_is_not_installed_is_named() -> None:
    with pytest.raises(CosmosctlError) as caught:
        model_tfvars(Deployment(name="demo"), NAMES, FOUNDATION, BATCH, "predict", {"2B": {**VARIANT, "pool": "gpu96"}})
    assert caught.value.code == "not_deployed"
    assert "gpu48" in caught.value.message


def test_a_variant_without_image_is_an_internal_error() -> None:
    with pytest.raises(CosmosctlError, match="has no image"):
        model_tfvars(
            Deployment(name="demo"), NAMES, FOUNDATION, BATCH, "predict", {"2B": {key: VARIANT[key] for key in VARIANT if key != "image"}}
        )
