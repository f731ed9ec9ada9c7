"""Each stack against the embedded AWS with the real provider: apply, plan says no changes, update, destroy, nothing left.

The three tests need nothing of each other, so that they can run side by side: most of their time is waits compiled into
the provider.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest

from cosmosctl.catalog.naming import TAG_DEPLOYMENT, Names
from cosmosctl.config.contracts import BatchContract, Contract, FoundationContract, ModelBatchContract
from cosmosctl.config.model import Batch, Budget, Data, Deployment, Network, Pool
from cosmosctl.render.tfvars import batch_tfvars, foundation_tfvars, model_tfvars
from tests.stacks.samples import BATCH, VARIANT
from tests.stacks.terraform import ROOT, Terraform

NAMES = Names("cycle", "123456789012", "us-east-1")
CHANGES = 2  # exit status of `plan -detailed-exitcode`
KEPT = ("module.storage.aws_s3_bucket.this", "module.storage.aws_kms_key.this", "module.storage.aws_kms_alias.this")


@dataclass(frozen=True)
class Aws:
    endpoint: str

    def client(self, service: str) -> Any:
        return boto3.client(
            service, endpoint_url=self.endpoint, region_name="us-east-1", aws_access_key_id="sandbox", aws_secret_access_key="sandbox"
        )

    def left(self) -> list[str]:
        """Everything that belongs to the deployment, found by asking each service."""
        tag = [{"Name": f"tag:{TAG_DEPLOYMENT}", "Values": [NAMES.name]}]
        ec2, batch, iam, logs = (self.client(name) for name in ("ec2", "batch", "iam", "logs"))
        found = [item["VpcId"] for item in ec2.describe_vpcs(Filters=tag)["Vpcs"]]
        found += [item["NatGatewayId"] for item in ec2.describe_nat_gateways(Filters=tag)["NatGateways"] if item["State"] != "deleted"]
        found += [item["AllocationId"] for item in ec2.describe_addresses(Filters=tag)["Addresses"]]
        found += [item["GroupId"] for item in ec2.describe_security_groups(Filters=tag)["SecurityGroups"]]
        named = [item["LaunchTemplateName"] for item in ec2.describe_launch_templates()["LaunchTemplates"]]
        named += [item["jobQueueName"] for item in batch.describe_job_queues()["jobQueues"]]
        named += [item["computeEnvironmentName"] for item in batch.describe_compute_environments()["computeEnvironments"]]
        named += [item["jobDefinitionName"] for item in batch.describe_job_definitions(status="ACTIVE")["jobDefinitions"]]
        named += [item["RoleName"] for item in iam.list_roles()["Roles"]]
        named += [item["InstanceProfileName"] for item in iam.list_instance_profiles()["InstanceProfiles"]]
        named += [item["logGroupName"] for item in logs.describe_log_groups()["logGroups"]]
        named += [item["Name"] for item in self.client("s3").list_buckets()["Buckets"] if item["Name"] != NAMES.state_bucket]
        named += [item["Name"] for item in self.client("secretsmanager").list_secrets()["SecretList"]]
        named += [item["TopicArn"] for item in self.client("sns").list_topics()["Topics"] if "-alerts" in item["TopicArn"]]
        named += [item["repositoryName"] for item in self.client("ecr").describe_repositories()["repositories"]]
        named += self.client("codebuild").list_projects()["projects"]
        named += [item["AliasName"] for item in self.client("kms").list_aliases()["Aliases"]]
        named += [item["Name"] for item in self.client("events").list_rules()["Rules"]]
        named += [item["AlarmName"] for item in self.client("cloudwatch").describe_alarms()["MetricAlarms"]]
        named += [item["BudgetName"] for item in self.client("budgets").describe_budgets(AccountId=NAMES.account).get("Budgets", [])]
        named += [item.get("Name", "") for item in self.client("efs").describe_file_systems()["FileSystems"]]
        return found + [name for name in named if NAMES.prefix in name or f"/cosmosctl/{NAMES.name}/" in name]


@dataclass(frozen=True)
class Stack:
    """One stack in a folder of its own, with its state in the embedded S3 behind the native lock."""

    terraform: Terraform
    aws: Aws
    folder: Path

    def do(self, *arguments: str, ok: tuple[int, ...] = (0,)) -> subprocess.CompletedProcess[str]:
        return self.terraform.run(self.folder, *arguments, ok=ok, AWS_ENDPOINT_URL=self.aws.endpoint)

    def init(self) -> None:
        self.aws.client("s3").create_bucket(Bucket=NAMES.state_bucket)
        settings = {
            "bucket": NAMES.state_bucket,
            "key": "x/terraform.tfstate",
            "region": "us-east-1",
            "use_lockfile": "true",
            "use_path_style": "true",
        }
        self.do("init", "-no-color", *(f"-backend-config={key}={value}" for key, value in settings.items()))

    def apply(self, values: dict[str, Any], model: type[Contract]) -> Any:
        (self.folder / "x.auto.tfvars.json").write_text(json.dumps(values), encoding="utf-8")
        self.do("apply", "-auto-approve", "-no-color", "-parallelism=30")
        again = self.do("plan", "-detailed-exitcode", "-no-color", ok=(0, CHANGES))
        assert again.returncode == 0, f"the plan after an apply is not empty:\n{again.stdout[-4000:]}"
        value = json.loads(self.do("output", "-json").stdout)["contract"]["value"]
        assert set(value) == set(model.model_fields)
        return model.model_validate(value)

    def changes(self, *arguments: str) -> dict[str, dict[str, Any]]:
        """Address to change, of those that a plan would make."""
        self.do("plan", "-no-color", "-out=plan", *arguments)
        found = json.loads(self.do("show", "-json", "plan").stdout)["resource_changes"]
        return {
            item["address"]: item["change"]
            for item in found
            if item["mode"] == "managed" and (item["change"]["actions"] != ["no-op"] or "importing" in item["change"])
        }

    def destroy(self) -> None:
        self.do("destroy", "-auto-approve", "-no-color", "-parallelism=30")
        assert self.do("state", "list").stdout == ""


@pytest.fixture
def aws(tmp_path: Path) -> Iterator[Aws]:
    folder = tmp_path / "sandbox"
    kept = {key: value for key, value in os.environ.items() if not key.startswith("AWS_")}
    process = subprocess.Popen(
        [sys.executable, "-m", "cosmosctl.sandbox", "serve", "--state-dir", str(folder)],
        cwd=ROOT,
        env=kept,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        limit = time.monotonic() + 60
        while not (folder / "sandbox.json").exists():
            assert process.poll() is None, "the sandbox did not start"
            assert time.monotonic() < limit, "the sandbox was not ready within a minute"
            time.sleep(0.1)
        yield Aws(json.loads((folder / "sandbox.json").read_text(encoding="utf-8"))["endpoint"])
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(20)


def _stack(terraform: Terraform, aws: Aws, name: str) -> Stack:
    stack = Stack(terraform, aws, terraform.copy(f"real-{name}") / "stacks" / name)
    stack.init()
    return stack


@pytest.mark.xdist_group("cycle-1")
def test_foundation(terraform: Terraform, aws: Aws) -> None:
    stack = _stack(terraform, aws, "foundation")
    rich = Deployment(
        name=NAMES.name,
        tags={"owner": "robotics"},
        network=Network(nat="per-zone", endpoints="full"),
        data=Data(keep_on_cleanup=False, efs_weight_cache=True),
        budget=Budget(emails=["a@example.com"]),
    )
    first = stack.apply(foundation_tfvars(rich, NAMES), FoundationContract)
    assert (first.data_bucket, first.region, first.budget_name) == (NAMES.data_bucket, "us-east-1", "cosmosctl-cycle-monthly")
    assert len(first.subnet_ids) == len(first.nat_gateway_ids) == 3
    assert "elasticfilesystem" in first.interface_endpoint_ids
    assert first.efs_id
    assert first.efs_access_point_id

    plain = Deployment(name=NAMES.name, tags={"owner": "somebody else"}, data=Data(keep_on_cleanup=False), budget=Budget(monthly_usd=50))
    second = stack.apply(foundation_tfvars(plain, NAMES), FoundationContract)
    assert len(second.nat_gateway_ids) == 1
    assert second.interface_endpoint_ids == {}
    assert second.efs_id is None
    assert (second.vpc_id, second.subnet_ids, second.kms_key_arn) == (first.vpc_id, first.subnet_ids, first.kms_key_arn), (
        "what holds data and hosts stays"
    )

    _kept_data_is_adopted(stack, second)
    stack.destroy()
    assert aws.left() == []


def _kept_data_is_adopted(stack: Stack, contract: FoundationContract) -> None:
    """Data that was taken out of the state is imported, not created a second time, and nothing of it would be lost."""
    backup = stack.folder / "backup.tfstate"
    backup.write_text(stack.do("state", "pull").stdout, encoding="utf-8")
    stack.do("state", "rm", "module.storage")
    adopt = {"bucket": contract.data_bucket, "kms_key_id": contract.kms_key_arn.rsplit("/", 1)[1], "kms_alias": NAMES.kms_alias}
    found = stack.changes(f"-var=adopt={json.dumps(adopt)}")
    assert all(address.startswith("module.storage.") for address in found), sorted(found)
    assert all("delete" not in change["actions"] for change in found.values())
    for address in KEPT:
        assert "importing" in found[address], f"{address} would be created again"
        assert "create" not in found[address]["actions"]
    stack.do("state", "push", "-force", str(backup))


@pytest.mark.xdist_group("cycle-2")
def test_batch(terraform: Terraform, aws: Aws) -> None:
    stack = _stack(terraform, aws, "batch")
    foundation = _foundation(aws)
    pool = Pool(instance_types=["g6e.2xlarge", "g6e.4xlarge"])
    first = stack.apply(_batch(foundation, {"gpu48": pool}), BatchContract)
    assert list(first.pools["gpu48"].compute_environments) == ["ondemand", "spot"]
    assert (first.repository_name, first.build_project) == (NAMES.repository, NAMES.build_project)
    assert first.pools["gpu48"].queue_name == NAMES.queue("gpu48")
    queue = aws.client("batch").describe_job_queues(jobQueues=[NAMES.queue("gpu48")])["jobQueues"][0]
    assert [item["order"] for item in queue["computeEnvironmentOrder"]] == [1, 2]
    assert "-spot-" in queue["computeEnvironmentOrder"][0]["computeEnvironment"]
    assert len(queue["jobStateTimeLimitActions"]) == 3

    larger = Pool(instance_types=pool.instance_types, disk_gib=400, max_vcpus=128, warm_instances=1)
    values = _batch(foundation, {"gpu48": larger})
    (stack.folder / "x.auto.tfvars.json").write_text(json.dumps(values), encoding="utf-8")
    replaced = [address for address, change in stack.changes().items() if "delete" in change["actions"]]
    assert replaced == ['module.pool["gpu48"].aws_batch_compute_environment.this["spot"]'], "only what the provider cannot update in place"
    second = stack.apply(values, BatchContract)
    before, after = first.pools["gpu48"], second.pools["gpu48"]
    assert after.compute_environments["ondemand"] == before.compute_environments["ondemand"]
    assert after.compute_environments["spot"] != before.compute_environments["spot"]
    assert after.queue_arn == before.queue_arn
    assert after.launch_template_version == before.launch_template_version + 1
    environments = aws.client("batch").describe_compute_environments()["computeEnvironments"]
    assert {item["computeResources"]["launchTemplate"]["version"] for item in environments} == {str(after.launch_template_version)}

    stack.destroy()
    assert aws.left() == []


def _batch(foundation: FoundationContract, pools: dict[str, Pool]) -> dict[str, Any]:
    return batch_tfvars(Deployment(name=NAMES.name, batch=Batch(pools=pools)), NAMES, foundation, {"g6e.2xlarge": 8})


@pytest.mark.xdist_group("cycle-3")
def test_model(terraform: Terraform, aws: Aws) -> None:
    stack = _stack(terraform, aws, "model_batch")
    foundation = _foundation(aws)
    first = stack.apply(_model(foundation, {"2B": VARIANT}), ModelBatchContract)
    assert first.variants["2B"].job_definition == NAMES.job_definition("predict", "2B")
    assert first.log_group == NAMES.job_log_group("predict")
    assert first.job_role_arn.endswith(NAMES.job_role("predict"))

    newer = {**VARIANT, "image": "u@sha256:" + "b" * 64, "timeout_minutes": 60}
    second = stack.apply(_model(foundation, {"2B": newer, "14B": {**VARIANT, "gpus": 8, "needs_token": True}}), ModelBatchContract)
    assert sorted(second.variants) == ["14B", "2B"]
    active = aws.client("batch").describe_job_definitions(status="ACTIVE")["jobDefinitions"]
    assert sorted((item["jobDefinitionName"], item["revision"]) for item in active) == [
        (NAMES.job_definition("predict", "14B"), 1),
        (NAMES.job_definition("predict", "2B"), 2),
    ]
    assert all(not item["containerProperties"]["privileged"] and item["propagateTags"] for item in active)

    stack.destroy()
    assert aws.left() == []


def _model(foundation: FoundationContract, variants: dict[str, dict[str, Any]]) -> dict[str, Any]:
    return model_tfvars(Deployment(name=NAMES.name), NAMES, foundation, BATCH, "predict", variants)


def _foundation(aws: Aws) -> FoundationContract:
    """What the other stacks need of a foundation, made by hand in milliseconds and without the deployment's tag."""
    ec2 = aws.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.60.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.60.{index}.0/24", AvailabilityZone=f"us-east-1{zone}")["Subnet"]["SubnetId"]
        for index, zone in enumerate("abc")
    ]
    key = aws.client("kms").create_key()["KeyMetadata"]["Arn"]
    topic = aws.client("sns").create_topic(Name="somebody-elses")["TopicArn"]
    return FoundationContract(
        schema_version=1,
        region="us-east-1",
        account_id=NAMES.account,
        vpc_id=vpc,
        subnet_ids=subnets,
        zones=[],
        nat_gateway_ids=[],
        s3_endpoint_id=None,
        interface_endpoint_ids={},
        kms_key_arn=key,
        data_bucket=NAMES.data_bucket,
        data_bucket_arn=f"arn:aws:s3:::{NAMES.data_bucket}",
        hf_secret_arn="arn:aws:secretsmanager:us-east-1:123456789012:secret:x",
        efs_id=None,
        efs_access_point_id=None,
        budget_name="x",
        alert_topic_arn=topic,
    )
