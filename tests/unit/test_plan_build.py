"""Plans as data: order, contents, selection, pools and what is protected."""

from __future__ import annotations

import json

import pytest

from cosmosctl.blueprints.registry import load_blueprint
from cosmosctl.catalog.naming import Names
from cosmosctl.config.model import Batch, Deployment, Pool
from cosmosctl.errors import CosmosctlError
from cosmosctl.plan.build import cleanup_plan, deploy_plan, install_plan, select, variant_spec
from cosmosctl.plan.pools import pool_for
from cosmosctl.plan.protect import losses, refusal
from cosmosctl.plan.step import Plan
from cosmosctl.ports.terraform import PlanSummary, ResourceChange

NAMES = Names("demo", "123456789012", "us-east-1")


def deployment(**pools: list[str]) -> Deployment:
    given = {name: Pool(instance_types=types) for name, types in pools.items()}
    return Deployment(name="demo", batch=Batch(pools=given) if pools else Batch())


def ids(plan: Plan) -> list[str]:
    return [step.id for step in plan.steps]


def test_install_order_and_json() -> None:
    plan = install_plan(deployment(), NAMES)
    assert ids(plan) == ["state-bucket", "stack:foundation", "hf-token", "stack:batch", "batch-settings", "verify"]
    seen: set[str] = set()
    for step in plan.steps:
        assert set(step.needs) <= seen
        json.dumps(dict(step.params))
        seen.add(step.id)


def test_deploy_keeps_other_variants_as_they_are() -> None:
    other = {"image": "repo@sha256:1", "engine": "baseline"}
    plan = deploy_plan(deployment(), NAMES, load_blueprint("predict"), "2B", "baseline", {"old": other})
    assert ids(plan) == ["image:baseline", "stack:model-predict", "verify:predict"]
    variants = plan.steps[1].params["variants"]
    assert variants["old"] == other
    assert variants["2B"]["queue"] == "cosmosctl-demo-gpu48"
    assert "image" not in variants["2B"]


@pytest.mark.parametrize("delete_data", [True, False])
def test_cleanup_order(delete_data: bool) -> None:
    plan = cleanup_plan(deployment(), NAMES, {"foundation", "batch", "model-reason", "model-predict"}, delete_data=delete_data)
    assert ids(plan) == [
        *("cleanup:jobs", "cleanup:data", "destroy:model-predict", "destroy:model-reason"),
        *("destroy:batch", "destroy:foundation", "cleanup:sweep"),
    ]  # fmt: skip
    assert plan.steps[5].params["keep"] is not delete_data
    assert plan.steps[6].params["keep_data"] is not delete_data
    assert bool(plan.steps[1].params["bucket"]) is delete_data
    assert all(step.destructive for step in plan.steps)


def test_cleanup_without_states_or_by_tag_is_only_a_sweep() -> None:
    assert ids(cleanup_plan(deployment(), NAMES, (), delete_data=False))[-1] == "cleanup:sweep"
    assert ids(cleanup_plan(deployment(), NAMES, {"foundation"}, delete_data=False, by_tag=True)) == ["cleanup:jobs", "cleanup:sweep"]


def test_select() -> None:
    plan = install_plan(deployment(), NAMES)
    assert ids(select(plan, ["foundation", "stack:batch"])) == ["stack:foundation", "stack:batch"]
    assert ids(select(plan, (), ["verify", "hf-token"])) == ["state-bucket", "stack:foundation", "stack:batch", "batch-settings"]
    with pytest.raises(CosmosctlError) as caught:
        select(plan, ["fundation"])
    assert caught.value.code == "unknown_name"
    assert caught.value.path == "--only"
    assert "foundation" in caught.value.hint


def test_pool_is_the_smallest_of_which_every_type_fits() -> None:
    predict = load_blueprint("predict")
    assert pool_for(deployment(big=["p5.4xlarge"], gpu48=["g6e.2xlarge"]), predict, "2B") == "gpu48"
    assert pool_for(deployment(big=["p5.4xlarge"], mixed=["g6e.2xlarge", "g6.2xlarge"]), predict, "2B") == "big"
    with pytest.raises(CosmosctlError) as caught:
        pool_for(deployment(small=["g6.2xlarge"]), predict, "2B")
    assert caught.value.code == "preflight_failed"
    assert "g6e" in caught.value.hint


def test_data_loss_is_refused_unless_allowed_by_address() -> None:
    bucket = ResourceChange("module.storage.aws_s3_bucket.this", "aws_s3_bucket", ("delete", "create"))
    key = ResourceChange("aws_kms_key.this", "aws_kms_key", ("delete",))
    harmless = (ResourceChange("aws_vpc.this", "aws_vpc", ("delete",)), ResourceChange("aws_s3_bucket.x", "aws_s3_bucket", ("update",)))
    summary = PlanSummary((bucket, key, *harmless))
    assert losses(summary, ()) == (bucket, key)
    assert losses(summary, [bucket.address]) == (key,)
    error = refusal("foundation", losses(summary, ()))
    assert error.code == "protected_resource"
    assert f"--allow-replace '{bucket.address}'" in error.hint
    assert "(replace)" in error.message


def test_an_engine_without_a_model_asks_for_no_gpu() -> None:
    blueprint = load_blueprint("predict")
    wanted = deployment(gpu48=["g6e.2xlarge"])
    assert variant_spec(wanted, NAMES, blueprint, "2B", "baseline")["gpus"] == 0
    assert variant_spec(wanted, NAMES, blueprint, "2B", "diffusers")["gpus"] == 1
