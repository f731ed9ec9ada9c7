"""Contracts and a variant of no real deployment, for tests of what is made from them."""

from __future__ import annotations

from typing import Any

from cosmosctl.config.contracts import BatchContract, FoundationContract, PoolContract

FOUNDATION = FoundationContract(
    schema_version=1,
    region="us-east-1",
    account_id="123456789012",
    vpc_id="vpc-1",
    subnet_ids=["subnet-1"],
    zones=["us-east-1a"],
    nat_gateway_ids=[],
    s3_endpoint_id=None,
    interface_endpoint_ids={},
    kms_key_arn="arn:aws:kms:x",
    data_bucket="b",
    data_bucket_arn="arn:aws:s3:::b",
    hf_secret_arn="arn:aws:secretsmanager:x",
    efs_id=None,
    efs_access_point_id=None,
    budget_name="n",
    alert_topic_arn="arn:aws:sns:x",
)
POOL = PoolContract(
    queue_name="q", queue_arn="arn:aws:batch:x", compute_environments={"spot": "s"}, launch_template_id="lt-1", launch_template_version=1
)
BATCH = BatchContract(
    schema_version=1,
    pools={"gpu48": POOL},
    security_group_id="sg-1",
    instance_role_arn="r",
    repository_url="123456789012.dkr.ecr.us-east-1.amazonaws.com/cosmosctl-demo/worker",
    repository_name="cosmosctl-demo/worker",
    build_project="p",
    build_log_group="l",
)
VARIANT: dict[str, Any] = {
    "image": "u@sha256:" + "a" * 64,
    "engine": "baseline",
    "pool": "gpu48",
    "gpus": 1,
    "vcpus": 7,
    "memory_mib": 58000,
    "shared_memory_mib": 16384,
    "timeout_minutes": 480,
    "needs_token": False,
    "parameters": {},
}
