"""Python and Terraform agree: contract keys, variable names, and the names of what is created."""

from __future__ import annotations

import re

import pytest
from pydantic import BaseModel

from cosmosctl.catalog.naming import IAM_NAME_LIMIT, Names
from cosmosctl.config.contracts import (
    BatchContract,
    FoundationContract,
    ModelBatchContract,
    PoolContract,
    VariantContract,
)
from cosmosctl.config.model import Deployment
from cosmosctl.render.tfvars import batch_tfvars, foundation_tfvars, model_tfvars
from tests.stacks.hcl import blocks, object_keys, variables
from tests.stacks.samples import BATCH, FOUNDATION, VARIANT
from tests.stacks.terraform import INFRA, MODULES

LONGEST = Names("a" * 20, "123456789012", "ap-northeast-2")
LONGEST_BLUEPRINT = "b" * 16
LONGEST_POOL = "p" * 16
CONTRACTS: dict[str, list[tuple[str, type[BaseModel]]]] = {
    "foundation": [("value = {", FoundationContract)],
    "batch": [("value = {", BatchContract), ("for name, pool in module.pool", PoolContract)],
    "model_batch": [("value = {", ModelBatchContract), ("for name, variant in var.variants", VariantContract)],
}


@pytest.mark.parametrize("stack", sorted(CONTRACTS))
def test_contract_keys_are_the_model_fields(stack: str) -> None:
    (text,) = [body for _, name, body in blocks(INFRA / "stacks" / stack, "output") if name == "contract"]
    for start, model in CONTRACTS[stack]:
        assert object_keys(text, start) == set(model.model_fields)


def test_variables_are_those_that_python_gives() -> None:
    deployment, names = Deployment(name="demo"), Names("demo", "123456789012", "us-east-1")
    given = {
        "foundation": foundation_tfvars(deployment, names),
        "batch": batch_tfvars(deployment, names, FOUNDATION, {}),
        "model_batch": model_tfvars(deployment, names, FOUNDATION, BATCH, "predict", {"2B": VARIANT}),
    }
    of_the_executor = {"foundation": {"adopt"}, "batch": set(), "model_batch": {"attempts"}}
    for stack, values in given.items():
        declared = variables(INFRA / "stacks" / stack)
        assert set(values) == set(declared) - of_the_executor[stack], stack
        for name, value in values.items():
            if isinstance(value, dict) and "object({" in declared[name]:
                entries = list(value.values()) if "map(object({" in declared[name] else [value]
                for entry in entries:
                    assert set(entry) == object_keys(declared[name], "type = "), f"{stack}.{name}"


def test_iam_names_fit_for_the_longest_names() -> None:
    """AWS allows 64 characters and gives a failed apply otherwise."""
    seen = 0
    for module in MODULES:
        for _, kind, body in blocks(INFRA / "modules" / module, "resource"):
            if not kind.startswith(("aws_iam_role", "aws_iam_instance_profile", "aws_iam_policy")) or "attachment" in kind:
                continue
            (name,) = re.findall(r'^  name\s+= "(.+)"$', body, re.MULTILINE)
            full = name.replace("${var.unique_prefix}", LONGEST.unique).replace("${var.blueprint}", LONGEST_BLUEPRINT)
            assert "${" not in full, f"{module}: {name} holds something that this test cannot measure"
            assert len(full) <= IAM_NAME_LIMIT, f"{module}: {full}"
            seen += 1
    assert seen >= 6


def test_names_of_terraform_are_those_of_python() -> None:
    names = Names("demo", "123456789012", "us-east-1")
    text = {path.relative_to(INFRA).as_posix(): path.read_text(encoding="utf-8") for path in INFRA.glob("**/*.tf")}
    here = {"${var.prefix}": names.prefix, "${var.unique_prefix}": names.unique, "${local.log_prefix}": names.log_prefix}
    expected = {
        "stacks/foundation/main.tf": [names.data_bucket, names.hf_secret],
        "modules/storage/key.tf": [names.kms_alias],
        "modules/image_build/main.tf": [names.repository, names.build_project],
        "stacks/model_batch/main.tf": [names.job_log_group("${var.blueprint}")],
        "modules/batch_model/iam.tf": [names.job_role("${var.blueprint}")],
        "modules/batch_pool/main.tf": [names.queue("${var.pool}")],
        "modules/batch_model/main.tf": [names.job_definition("${var.blueprint}", "@").replace("@", "${lower(each.key)}")],
    }
    for path, wanted in expected.items():
        for old, new in here.items():
            text[path] = text[path].replace(old, new)
        for name in wanted:
            assert f'"{name}"' in text[path], f"{path} does not name {name}"


def test_batch_names_fit_for_the_longest_names() -> None:
    assert len(LONGEST.queue(LONGEST_POOL)) <= 128
    terraform_suffix = 26
    assert len(LONGEST.compute_environment_prefix(LONGEST_POOL, "ondemand")) + terraform_suffix <= 128
    assert len(LONGEST.job_definition(LONGEST_BLUEPRINT, "v" * 32)) <= 128
