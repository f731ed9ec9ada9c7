"""The versioned `contract` output of each Terraform stack: all that Python may read from a state.

A test compares these models with `outputs.tf`. Keys are always present, null when the feature is off, and hold no
secret. This module must not know how Terraform is run.
"""

from __future__ import annotations

from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from cosmosctl.errors import CosmosctlError


class Contract(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")
    schema_version: Literal[1]


class FoundationContract(Contract):
    region: str
    account_id: str
    vpc_id: str
    subnet_ids: list[str]
    zones: list[str]
    nat_gateway_ids: list[str]
    s3_endpoint_id: str | None
    interface_endpoint_ids: dict[str, str]
    kms_key_arn: str
    data_bucket: str
    data_bucket_arn: str
    hf_secret_arn: str
    efs_id: str | None
    efs_access_point_id: str | None
    budget_name: str
    alert_topic_arn: str


class PoolContract(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")
    queue_name: str
    queue_arn: str
    compute_environments: dict[str, str]  # "spot" | "ondemand" -> name
    launch_template_id: str
    launch_template_version: int


class BatchContract(Contract):
    pools: dict[str, PoolContract]
    security_group_id: str
    instance_role_arn: str
    repository_url: str
    repository_name: str
    build_project: str
    build_log_group: str


class VariantContract(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")
    job_definition: str  # name; the ARN of a fresh revision lags one apply
    image: str  # repository@sha256:...
    pool: str
    queue_name: str
    engine: str
    gpus: int


class ModelBatchContract(Contract):
    blueprint: str
    variants: dict[str, VariantContract]
    job_role_arn: str
    log_group: str


T = TypeVar("T", bound=Contract)


def parse_contract(model: type[T], stack: str, outputs: dict[str, Any]) -> T:
    """`outputs` is `terraform output -json` reduced to values. Raises `contract_mismatch` naming stack and keys."""
    if "contract" not in outputs:
        raise CosmosctlError(
            "contract_mismatch", f"stack {stack} has no output `contract`", path=stack, hint="cosmosctl install   applies the stack again"
        )
    try:
        return model.model_validate(outputs["contract"])
    except ValidationError as error:
        keys = ", ".join(".".join(str(part) for part in item["loc"]) for item in error.errors())
        raise CosmosctlError(
            "contract_mismatch",
            f"the contract of stack {stack} does not fit this version of cosmosctl: {keys}",
            path=stack,
            hint="cosmosctl install   applies the stack of this version",
        ) from error
