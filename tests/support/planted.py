"""A small deployment made with boto3 inside the sandbox, so that a cause can be planted without Terraform.

Everything has the names and contracts of a real one; each test takes a name of its own.
"""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

from cosmosctl.adapters.batch import AwsBatch
from cosmosctl.adapters.builds import AwsBuilds
from cosmosctl.adapters.clock import SystemClock
from cosmosctl.adapters.facts import AccountFacts
from cosmosctl.adapters.huggingface import HuggingFaceHub
from cosmosctl.adapters.logs import CloudWatchLogs
from cosmosctl.adapters.pricing import LivePrices
from cosmosctl.adapters.s3 import S3Store
from cosmosctl.adapters.secrets import AwsSecrets
from cosmosctl.adapters.session import SandboxSession
from cosmosctl.adapters.state_bucket import AwsBuckets
from cosmosctl.adapters.symptoms import AwsSymptoms
from cosmosctl.catalog.naming import Names
from cosmosctl.config.model import Deployment
from cosmosctl.execute.context import Context
from cosmosctl.ports.facts import CouldNotCheck, Lookups
from cosmosctl.services.doctor import DoctorReport, doctor

REGION = "us-east-1"
POOL = "gpu48"
TYPES = ["g6e.2xlarge"]
FAST = {"batch_dwell_seconds": 0.02, "extra": {"batch_stop_timeout_seconds": 1, "batch_max_processes": 4}}
TRUST = json.dumps({"Version": "2012-10-17", "Statement": []})


class NoTools:
    """No Terraform is needed to look at what is deployed."""

    def terraform(self) -> Any:
        return CouldNotCheck("not asked")

    def python(self) -> str:
        return ""

    def provider(self) -> Any:
        return CouldNotCheck("not asked")


def open_session(endpoint: str) -> SandboxSession:
    return SandboxSession(endpoint, REGION, environ={})


class Planted:
    """`endpoints`: without NAT. Parts are made in the constructor, sound; tests then break one."""

    def __init__(
        self, session: SandboxSession, folder: Path, *, nat: bool = True, efs: bool = False, engine: str = "baseline", hub: str = ""
    ) -> None:
        self.name = f"d{uuid4().hex[:8]}"
        self.folder = folder
        self.session = session  # shared by the tests of a module: making its clients takes seconds
        self.names = Names(self.name, self.session.account_id(), REGION)
        self.ec2, self.batch, self.s3 = (self.session.client(service) for service in ("ec2", "batch", "s3"))
        self.deployment = Deployment(name=self.name)
        self.hub = hub
        self._network(nat)
        self._hosts()
        self._image()
        self._storage(engine, efs)

    # parts

    def _network(self, nat: bool) -> None:
        self.vpc = self.ec2.create_vpc(CidrBlock="10.40.0.0/16")["Vpc"]["VpcId"]
        self.ec2.modify_vpc_attribute(VpcId=self.vpc, EnableDnsHostnames={"Value": True})
        zones = [f"{REGION}{letter}" for letter in "abc"]
        self.subnets = [
            self.ec2.create_subnet(VpcId=self.vpc, CidrBlock=f"10.40.{index}.0/24", AvailabilityZone=zone)["Subnet"]["SubnetId"]
            for index, zone in enumerate(zones)
        ]
        self.table = self.ec2.create_route_table(VpcId=self.vpc)["RouteTable"]["RouteTableId"]
        for subnet in self.subnets:
            self.ec2.associate_route_table(RouteTableId=self.table, SubnetId=subnet)
        service = f"com.amazonaws.{REGION}.s3"
        made = self.ec2.create_vpc_endpoint(VpcId=self.vpc, ServiceName=service, VpcEndpointType="Gateway", RouteTableIds=[self.table])
        self.s3_endpoint = made["VpcEndpoint"]["VpcEndpointId"]
        if nat:
            self._nat()
        self.host_group = self.ec2.create_security_group(GroupName=f"{self.name}-hosts", Description="x", VpcId=self.vpc)["GroupId"]

    def _nat(self) -> None:
        address = self.ec2.allocate_address(Domain="vpc")["AllocationId"]
        gateway = self.ec2.create_nat_gateway(SubnetId=self.subnets[0], AllocationId=address)["NatGateway"]["NatGatewayId"]
        self.ec2.create_route(RouteTableId=self.table, DestinationCidrBlock="0.0.0.0/0", NatGatewayId=gateway)

    def _hosts(self) -> None:
        iam = self.session.client("iam")
        iam.create_role(RoleName=self.name, AssumeRolePolicyDocument=TRUST)
        profile = iam.create_instance_profile(InstanceProfileName=self.name)["InstanceProfile"]["Arn"]
        self.environments = []
        for kind, purchase in (("SPOT", "spot"), ("EC2", "ondemand")):
            resources = {
                "type": kind,
                "minvCpus": 0,
                "maxvCpus": 64,
                "instanceTypes": TYPES,
                "subnets": self.subnets,
                "securityGroupIds": [self.host_group],
                "instanceRole": profile,
            }
            name = f"{self.names.compute_environment_prefix(POOL, purchase)}1"
            self.batch.create_compute_environment(computeEnvironmentName=name, type="MANAGED", computeResources=resources)
            self.environments.append(name)
        self.queue = self.names.queue(POOL)
        order = [{"order": index + 1, "computeEnvironment": name} for index, name in enumerate(self.environments)]
        self.batch.create_job_queue(jobQueueName=self.queue, priority=1, computeEnvironmentOrder=order)

    def _image(self) -> None:
        ecr = self.session.client("ecr")
        ecr.create_repository(repositoryName=self.names.repository)
        manifest = json.dumps(
            {
                "schemaVersion": 2,
                "mediaType": "application/vnd.docker.distribution.manifest.v2+json",
                "config": {"size": 1, "digest": "sha256:" + "0" * 64},
                "layers": [],
                "note": self.name,
            }
        )
        put = ecr.put_image(repositoryName=self.names.repository, imageManifest=manifest, imageTag="v1")
        self.digest = put["image"]["imageId"]["imageDigest"]
        self.image = f"{self.names.account}.dkr.ecr.{REGION}.amazonaws.com/{self.names.repository}@{self.digest}"

    def _storage(self, engine: str, efs: bool) -> None:
        buckets = AwsBuckets(self.session)
        buckets.ensure(self.names.state_bucket, {})
        buckets.ensure(self.names.data_bucket, {})
        self.states, self.data = self._store(self.names.state_bucket), self._store(self.names.data_bucket)
        self.secret = self.session.client("secretsmanager").create_secret(Name=self.names.hf_secret)["ARN"]
        self.session.client("logs").create_log_group(logGroupName=self.names.job_log_group("reason"))
        self.efs = self._efs() if efs else None
        self.put_contract("foundation", self._foundation())
        self.put_contract(
            "batch",
            {
                "schema_version": 1,
                "pools": {},
                "security_group_id": self.host_group,
                "instance_role_arn": "",
                "repository_url": "",
                "repository_name": self.names.repository,
                "build_project": self.names.build_project,
                "build_log_group": "",
            },
        )
        variant = {
            "job_definition": self.names.job_definition("reason", "2B"),
            "image": self.image,
            "pool": POOL,
            "queue_name": self.queue,
            "engine": engine,
            "gpus": 0,
        }
        self.put_contract("model-reason", {
            "schema_version": 1, "blueprint": "reason", "variants": {"2B": variant}, "job_role_arn": "", "log_group": "",
        })  # fmt: skip

    def _foundation(self) -> dict[str, Any]:
        return {
            "schema_version": 1,
            "region": REGION,
            "account_id": self.names.account,
            "vpc_id": self.vpc,
            "subnet_ids": self.subnets,
            "zones": [],
            "nat_gateway_ids": [],
            "s3_endpoint_id": self.s3_endpoint,
            "interface_endpoint_ids": {},
            "kms_key_arn": "",
            "data_bucket": self.names.data_bucket,
            "data_bucket_arn": "",
            "hf_secret_arn": self.secret,
            "efs_id": self.efs,
            "efs_access_point_id": None,
            "budget_name": "",
            "alert_topic_arn": "",
        }

    def _efs(self) -> str:
        client = self.session.client("efs")
        system = client.create_file_system(CreationToken=self.name)["FileSystemId"]
        self.efs_group = self.ec2.create_security_group(GroupName=f"{self.name}-efs", Description="x", VpcId=self.vpc)["GroupId"]
        rule = {"IpProtocol": "tcp", "FromPort": 2049, "ToPort": 2049, "UserIdGroupPairs": [{"GroupId": self.host_group}]}
        self.ec2.authorize_security_group_ingress(GroupId=self.efs_group, IpPermissions=[rule])
        self.mounts = [
            client.create_mount_target(FileSystemId=system, SubnetId=subnet, SecurityGroups=[self.efs_group])["MountTargetId"]
            for subnet in self.subnets
        ]
        return str(system)

    def put_contract(self, stack: str, contract: dict[str, Any]) -> None:
        self.states.put(self.names.state_key(stack), json.dumps({"outputs": {"contract": {"value": contract}}}).encode())

    def _store(self, bucket: str) -> S3Store:
        return S3Store(self.s3, bucket)

    # jobs

    def submit(self, script: str, *, name: str = "", vcpus: int = 4, gpus: int = 0, attempts: int = 1, **more: Any) -> str:
        container = {
            "image": self.image,
            "command": ["python", "-c", script],
            "resourceRequirements": [{"type": "VCPU", "value": str(vcpus)}, {"type": "MEMORY", "value": "2000"}]
            + ([{"type": "GPU", "value": str(gpus)}] if gpus else []),
            "logConfiguration": {
                "logDriver": "awslogs",
                "options": {"awslogs-group": self.names.job_log_group("reason"), "awslogs-stream-prefix": "job"},
            },
            **more.pop("container", {}),
        }
        self.batch.register_job_definition(
            jobDefinitionName=self.names.job_definition("reason", "2B"),
            type="container",
            containerProperties=container,
            retryStrategy={"attempts": attempts},
            **more,
        )
        job_name = name or f"reason-20260101-000000-{uuid4().hex[:4]}-s0"
        definition = self.names.job_definition("reason", "2B")
        return str(self.batch.submit_job(jobName=job_name, jobQueue=self.queue, jobDefinition=definition)["jobId"])

    def status(self, job_id: str) -> str:
        return str(self.batch.describe_jobs(jobs=[job_id])["jobs"][0]["status"])

    def reason(self, job_id: str) -> str:
        return str(self.batch.describe_jobs(jobs=[job_id])["jobs"][0].get("statusReason", ""))

    # doctor

    def context(self) -> Context:
        unused: Any = SimpleNamespace()
        return Context(
            workdir=self.folder,
            session=self.session,
            names=self.names,
            terraform=unused,
            batch=AwsBatch(self.session),
            builds=AwsBuilds(self.session),
            buckets=AwsBuckets(self.session),
            secrets=AwsSecrets(self.session),
            inventory=unused,
            clock=SystemClock(),
            store=self._store,
            assets=unused,
            env={},
        )

    def lookups(self) -> Lookups:
        return Lookups(
            AccountFacts(self.session), LivePrices(self.session, SystemClock()), HuggingFaceHub(lambda: "hf_planted", self.hub), NoTools()
        )

    def doctor(self, subject: str | None = None) -> DoctorReport:
        return doctor(
            self.context(), self.deployment, self.lookups(), AwsSymptoms(self.session), CloudWatchLogs(self.session), subject=subject
        )
