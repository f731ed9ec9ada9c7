"""What roles may do, proved on the policies that Terraform plans: above all by calls that must be denied."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from cosmosctl.runs.ids import make_run_id
from cosmosctl.runs.keys import RunKeys
from tests.stacks.iam import allowed
from tests.stacks.terraform import Terraform

BUCKET = "arn:aws:s3:::cosmosctl-demo-1a2b3c4d-data"
KEY = "arn:aws:kms:us-east-1:123456789012:key/0f0f0f0f-0000-4000-8000-000000000000"
SECRET = "arn:aws:secretsmanager:us-east-1:123456789012:secret:cosmosctl-demo/hf-token-AbCdEf"
REPOSITORY = "arn:aws:ecr:us-east-1:123456789012:repository/cosmosctl-demo/worker"
NOW = datetime(2026, 11, 21, 14, 30, tzinfo=UTC)
OWN = RunKeys(make_run_id("predict", NOW, "ab12"))
OTHERS = [RunKeys(make_run_id(name, NOW, "ab12")) for name in ("reason", "predict-turbo", "my-predict")]

ROOT = f"""
terraform {{
  required_providers {{
    aws = {{ source = "hashicorp/aws", version = "= 5.100.0" }}
  }}
}}

provider "aws" {{
  region                      = "us-east-1"
  skip_credentials_validation = true
  skip_requesting_account_id  = true
  skip_metadata_api_check     = true
}}

locals {{
  job = {{
    image             = "u@sha256:{"a" * 64}"
    engine            = "baseline"
    gpus              = 1
    vcpus             = 7
    memory_mib        = 58000
    shared_memory_mib = 16384
    timeout_minutes   = 480
    needs_token       = true
  }}
}}

module "model" {{
  source         = "./modules/batch_model"
  prefix         = "cosmosctl-demo"
  unique_prefix  = "cosmosctl-demo-1a2b3c4d"
  region         = "us-east-1"
  account_id     = "123456789012"
  kms_key_arn    = "{KEY}"
  blueprint      = "predict"
  variants       = {{ "2B" = local.job }}
  bucket_arn     = "{BUCKET}"
  repository_arn = "{REPOSITORY}"
  log_group      = "/cosmosctl/demo/jobs/predict"
  hf_secret_arn  = "{SECRET}"
  weight_cache   = {{ file_system_id = "fs-0123", access_point_id = "fsap-0123" }}
}}

module "build" {{
  source        = "./modules/image_build"
  prefix        = "cosmosctl-demo"
  unique_prefix = "cosmosctl-demo-1a2b3c4d"
  region        = "us-east-1"
  account_id    = "123456789012"
  kms_key_arn   = "{KEY}"
  bucket_arn    = "{BUCKET}"
  log_group     = "/cosmosctl/demo/image-build"
}}

module "storage" {{
  source           = "./modules/storage"
  prefix           = "cosmosctl-demo"
  bucket_name      = "cosmosctl-demo-1a2b3c4d-data"
  region           = "us-east-1"
  account_id       = "123456789012"
  log_group_prefix = "/cosmosctl/demo"
}}
"""


@pytest.fixture(scope="module")
def documents(terraform: Terraform) -> dict[str, Any]:
    """Address of each policy to its document, as planned by the real provider without any call to AWS."""
    folder = terraform.copy("policies")
    (folder / "main.tf").write_text(ROOT, encoding="utf-8")
    found: dict[str, Any] = {}
    for module in terraform.planned(folder)["planned_values"]["root_module"]["child_modules"]:
        for item in module["resources"]:
            if item["mode"] == "managed" and item["values"].get("policy"):
                found[item["address"]] = json.loads(item["values"]["policy"])
    return found


@pytest.fixture
def job(documents: dict[str, Any]) -> dict[str, Any]:
    return dict(documents["module.model.aws_iam_role_policy.job"])


def _object(key: str) -> str:
    return f"{BUCKET}/{key}"


def test_a_worker_can_do_its_work(job: dict[str, Any]) -> None:
    for key in (
        OWN.spec,
        OWN.manifest,
        OWN.index,
        OWN.submission(0),
        OWN.result(0, "a"),
        f"{OWN.inputs}a/b.mp4",
        "weights/nvidia/x/main/COMPLETE",
    ):
        assert allowed(job, "s3:GetObject", _object(key)), key
    for key in (OWN.result(0, "a"), OWN.failure(0, "a"), f"{OWN.shard(0)}attempt-1.json", f"{OWN.outputs}a/b.mp4"):
        assert allowed(job, "s3:PutObject", _object(key)), key
    for prefix in (OWN.results(0), OWN.shards, "weights/nvidia/"):
        assert allowed(job, "s3:ListBucket", BUCKET, {"s3:prefix": prefix}), prefix
    assert allowed(job, "kms:Decrypt", KEY, {"kms:ViaService": "s3.us-east-1.amazonaws.com"})


@pytest.mark.parametrize("other", OTHERS, ids=lambda keys: str(keys.run_id))
def test_a_worker_cannot_touch_another_models_runs(job: dict[str, Any], other: RunKeys) -> None:
    for key in (other.spec, other.result(0, "a"), f"{other.outputs}a.mp4", f"{other.inputs}a.mp4"):
        for action in ("s3:GetObject", "s3:PutObject", "s3:DeleteObject"):
            assert not allowed(job, action, _object(key)), f"{action} {key}"
    for prefix in (other.prefix, other.outputs, other.inputs):
        assert not allowed(job, "s3:ListBucket", BUCKET, {"s3:prefix": prefix}), prefix


def test_a_worker_cannot_list_the_whole_bucket(job: dict[str, Any]) -> None:
    for context in ({}, {"s3:prefix": ""}, {"s3:prefix": "runs/"}, {"s3:prefix": "outputs/"}, {"s3:prefix": "runs/predict-"}):
        assert not allowed(job, "s3:ListBucket", BUCKET, context), context


def test_a_worker_cannot_change_what_it_was_told_or_destroy_results(job: dict[str, Any]) -> None:
    for key in (
        OWN.spec,
        OWN.manifest,
        OWN.index,
        OWN.submission(0),
        f"{OWN.inputs}a.mp4",
        "weights/nvidia/x/main/COMPLETE",
        "builds/x.zip",
    ):
        assert not allowed(job, "s3:PutObject", _object(key)), key
    for key in (OWN.result(0, "a"), f"{OWN.outputs}a.mp4", OWN.spec):
        assert not allowed(job, "s3:DeleteObject", _object(key)), key
    for action in ("s3:DeleteBucket", "s3:PutBucketPolicy", "s3:DeleteObjectVersion"):
        assert not allowed(job, action, BUCKET), action


def test_a_worker_gets_the_key_only_through_s3_and_no_other_service(job: dict[str, Any]) -> None:
    assert not allowed(job, "kms:Decrypt", KEY)
    assert not allowed(job, "kms:Decrypt", KEY, {"kms:ViaService": "secretsmanager.us-east-1.amazonaws.com"})
    assert not allowed(job, "kms:Decrypt", KEY.replace("0f0f", "1111"), {"kms:ViaService": "s3.us-east-1.amazonaws.com"})
    for action in (
        "secretsmanager:GetSecretValue",
        "batch:SubmitJob",
        "sts:AssumeRole",
        "iam:PassRole",
        "ec2:RunInstances",
        "logs:PutLogEvents",
    ):
        assert not allowed(job, action, SECRET if action.startswith("secrets") else "*"), action


def test_a_worker_mounts_the_cache_through_its_access_point_only(job: dict[str, Any]) -> None:
    system = "arn:aws:elasticfilesystem:us-east-1:123456789012:file-system/fs-0123"
    point = {"elasticfilesystem:AccessPointArn": "arn:aws:elasticfilesystem:us-east-1:123456789012:access-point/fsap-0123"}
    assert allowed(job, "elasticfilesystem:ClientMount", system, point)
    assert not allowed(job, "elasticfilesystem:ClientMount", system)
    assert not allowed(job, "elasticfilesystem:ClientRootAccess", system, point)


def test_the_starter_pulls_writes_logs_and_reads_one_secret(documents: dict[str, Any]) -> None:
    policy = documents["module.model.aws_iam_role_policy.execution"]
    logs = "arn:aws:logs:us-east-1:123456789012:log-group:/cosmosctl/demo/jobs/{}:log-stream:x"
    assert allowed(policy, "ecr:BatchGetImage", REPOSITORY)
    assert allowed(policy, "secretsmanager:GetSecretValue", SECRET)
    assert allowed(policy, "logs:PutLogEvents", logs.format("predict"))
    assert not allowed(policy, "ecr:BatchGetImage", REPOSITORY + "-other")
    assert not allowed(policy, "ecr:PutImage", REPOSITORY)
    assert not allowed(policy, "secretsmanager:GetSecretValue", SECRET.replace("hf-token", "other"))
    assert not allowed(policy, "logs:PutLogEvents", logs.format("reason"))
    assert not allowed(policy, "s3:GetObject", _object("weights/x"))


def test_a_build_reads_contexts_and_pushes_to_one_repository(documents: dict[str, Any]) -> None:
    policy = documents["module.build.aws_iam_role_policy.this"]
    assert allowed(policy, "s3:GetObject", _object("builds/baseline-0123.zip"))
    assert allowed(policy, "ecr:PutImage", REPOSITORY)
    for key in ("weights/x", OWN.spec, "inputs/a"):
        assert not allowed(policy, "s3:GetObject", _object(key))
    assert not allowed(policy, "s3:PutObject", _object("builds/x.zip"))
    assert not allowed(policy, "ecr:PutImage", REPOSITORY + "-other")
    assert not allowed(policy, "ecr:DeleteRepository", REPOSITORY)


def test_the_key_serves_only_this_deployments_logs_and_this_accounts_alerts(documents: dict[str, Any]) -> None:
    (logs,) = [item for item in documents["module.storage.aws_kms_key.this"]["Statement"] if item["Sid"] == "LogGroupsOfThisDeployment"]
    policy = {"Statement": [logs]}
    group = "arn:aws:logs:us-east-1:123456789012:log-group:/cosmosctl/{}/jobs/predict"
    assert allowed(policy, "kms:GenerateDataKey", "*", {"kms:EncryptionContext:aws:logs:arn": group.format("demo")})
    assert not allowed(policy, "kms:GenerateDataKey", "*", {"kms:EncryptionContext:aws:logs:arn": group.format("demo2")})
    services = [item for item in documents["module.storage.aws_kms_key.this"]["Statement"] if "Service" in item["Principal"]]
    assert services
    assert all("Condition" in item for item in services), "a service may use the key for this account only"


def test_no_policy_allows_everything(documents: dict[str, Any]) -> None:
    for address, document in documents.items():
        for item in document.get("Statement", []):  # a repository's lifecycle policy has none
            if address.endswith("aws_kms_key.this") or item["Effect"] == "Deny":
                continue
            actions = [item["Action"]] if isinstance(item["Action"], str) else item["Action"]
            assert not [action for action in actions if action.endswith(":*") or action == "*"], f"{address}: {item.get('Sid')}"
            if item["Resource"] == "*":
                assert actions == ["ecr:GetAuthorizationToken"], f"{address}: {item.get('Sid')}"
