"""Everything that a deployment's stacks create, made with boto3 alone: litter for the inventory to find and take away."""

from __future__ import annotations

import json
from typing import Any

from cosmosctl.catalog.naming import TAG_DEPLOYMENT, Names
from cosmosctl.ports.aws import AwsSession

TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}],
    }
)
MANIFEST = {"schemaVersion": 2, "mediaType": "application/vnd.docker.distribution.manifest.v2+json", "layers": []}
ALLOW = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]})


class Litter:
    """One deployment's resources; `kinds` is what was made, for comparison."""

    def __init__(self, session: AwsSession, name: str) -> None:
        self.session, self.names = session, Names(name, session.account_id(), session.region)
        self.tags = {TAG_DEPLOYMENT: name}
        self.kinds: set[str] = set()

    def pairs(self, key: str = "Key", value: str = "Value") -> list[dict[str, str]]:
        return [{key: name, value: text} for name, text in self.tags.items()]

    def spec(self, kind: str) -> list[dict[str, Any]]:
        return [{"ResourceType": kind, "Tags": self.pairs()}]

    def everything(self) -> Litter:
        subnet, group = self.network()
        profile = self.identity()
        self.batch(subnet, group, profile)
        self.data(subnet, group)
        self.watching()
        self.images()
        return self

    def network(self) -> tuple[str, str]:
        ec2 = self.session.client("ec2")
        vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16", TagSpecifications=self.spec("vpc"))["Vpc"]["VpcId"]
        subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.9.1.0/24", TagSpecifications=self.spec("subnet"))["Subnet"]["SubnetId"]
        gateway = ec2.create_internet_gateway(TagSpecifications=self.spec("internet-gateway"))["InternetGateway"]["InternetGatewayId"]
        ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
        table = ec2.create_route_table(VpcId=vpc, TagSpecifications=self.spec("route-table"))["RouteTable"]["RouteTableId"]
        ec2.associate_route_table(RouteTableId=table, SubnetId=subnet)
        address = ec2.allocate_address(Domain="vpc", TagSpecifications=self.spec("elastic-ip"))["AllocationId"]
        ec2.create_nat_gateway(SubnetId=subnet, AllocationId=address, TagSpecifications=self.spec("natgateway"))
        service = f"com.amazonaws.{self.session.region}.s3"
        gateway_endpoint = {"VpcEndpointType": "Gateway", "ServiceName": service, "RouteTableIds": [table]}
        ec2.create_vpc_endpoint(VpcId=vpc, **gateway_endpoint, TagSpecifications=self.spec("vpc-endpoint"))
        groups = [self._group(vpc, name) for name in ("a", "b")]
        for one, other in (groups, groups[::-1]):  # two groups that keep each other alive
            pair = {"IpProtocol": "tcp", "FromPort": 1, "ToPort": 2, "UserIdGroupPairs": [{"GroupId": other}]}
            ec2.authorize_security_group_ingress(GroupId=one, IpPermissions=[pair])
        ec2.create_network_interface(SubnetId=subnet)  # untagged, as services leave them
        kinds = (
            "vpc",
            "subnet",
            "internet_gateway",
            "route_table",
            "eip",
            "nat_gateway",
            "vpc_endpoint",
            "security_group",
            "network_interface",
        )
        self.kinds |= {f"ec2_{kind}" for kind in kinds}
        return subnet, groups[0]

    def _group(self, vpc: str, name: str) -> str:
        arguments = {"GroupName": f"{self.names.prefix}-{name}", "Description": "d", "VpcId": vpc}
        return str(self.session.client("ec2").create_security_group(**arguments, TagSpecifications=self.spec("security-group"))["GroupId"])

    def identity(self) -> str:
        iam = self.session.client("iam")
        role = f"{self.names.unique}-host"
        iam.create_role(RoleName=role, AssumeRolePolicyDocument=TRUST)
        iam.put_role_policy(RoleName=role, PolicyName="inline", PolicyDocument=ALLOW)
        policy = iam.create_policy(PolicyName=f"{self.names.unique}-more", PolicyDocument=ALLOW)["Policy"]["Arn"]
        iam.create_policy_version(PolicyArn=policy, PolicyDocument=ALLOW, SetAsDefault=True)
        iam.attach_role_policy(RoleName=role, PolicyArn=policy)
        profile = iam.create_instance_profile(InstanceProfileName=role)["InstanceProfile"]["Arn"]
        iam.add_role_to_instance_profile(InstanceProfileName=role, RoleName=role)
        self.kinds |= {"iam_role", "iam_policy", "iam_instance_profile"}
        return str(profile)

    def batch(self, subnet: str, group: str, profile: str) -> None:
        ec2, batch = self.session.client("ec2"), self.session.client("batch")
        ec2.create_launch_template(
            LaunchTemplateName=self.names.queue("gpu48"),
            LaunchTemplateData={"InstanceType": "g6e.2xlarge"},
            TagSpecifications=self.spec("launch-template"),
        )
        ec2.create_volume(AvailabilityZone=f"{self.session.region}a", Size=1, TagSpecifications=self.spec("volume"))
        resources = {
            "type": "EC2",
            "minvCpus": 0,
            "maxvCpus": 16,
            "instanceTypes": ["g6e.2xlarge"],
            "subnets": [subnet],
            "securityGroupIds": [group],
            "instanceRole": profile,
        }
        name = f"{self.names.compute_environment_prefix('gpu48', 'ondemand')}1"
        made = batch.create_compute_environment(
            computeEnvironmentName=name, type="MANAGED", state="ENABLED", computeResources=resources, tags=self.tags
        )
        order = [{"order": 1, "computeEnvironment": made["computeEnvironmentArn"]}]
        batch.create_job_queue(
            jobQueueName=self.names.queue("gpu48"), state="ENABLED", priority=1, computeEnvironmentOrder=order, tags=self.tags
        )
        needs = [{"type": "VCPU", "value": "1"}, {"type": "MEMORY", "value": "1024"}]
        for _ in range(2):
            batch.register_job_definition(
                jobDefinitionName=self.names.job_definition("predict", "2B"),
                type="container",
                tags=self.tags,
                containerProperties={"image": "x", "command": ["true"], "resourceRequirements": needs},
            )
        self.kinds |= {"ec2_launch_template", "ec2_volume", "batch_compute_environment", "batch_job_queue", "batch_job_definition"}

    def data(self, subnet: str, group: str) -> None:
        s3, kms, efs = self.session.client("s3"), self.session.client("kms"), self.session.client("efs")
        key = kms.create_key(Tags=self.pairs("TagKey", "TagValue"))["KeyMetadata"]["KeyId"]
        kms.create_alias(AliasName=self.names.kms_alias, TargetKeyId=key)
        where = {"LocationConstraint": self.session.region}
        for bucket in (self.names.data_bucket, self.names.state_bucket):
            s3.create_bucket(Bucket=bucket, CreateBucketConfiguration=where)
            s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
            for body in (b"old", b"new"):
                s3.put_object(Bucket=bucket, Key="runs/a", Body=body)
            s3.delete_object(Bucket=bucket, Key="runs/a")
            s3.create_multipart_upload(Bucket=bucket, Key="weights/half")
        system = efs.create_file_system(CreationToken=self.names.name, Tags=self.pairs())["FileSystemId"]
        efs.create_mount_target(FileSystemId=system, SubnetId=subnet, SecurityGroups=[group])
        efs.create_access_point(FileSystemId=system, ClientToken=self.names.name)
        self.session.client("secretsmanager").create_secret(Name=self.names.hf_secret, SecretString="s", Tags=self.pairs())
        self.kinds |= {"kms_key", "kms_alias", "s3_bucket", "efs_file_system", "secret"}

    def watching(self) -> None:
        prefix = self.names.prefix
        self.session.client("sns").create_topic(Name=f"{prefix}-alerts", Tags=self.pairs())
        self.session.client("cloudwatch").put_metric_alarm(
            AlarmName=f"{prefix}-job-failed",
            ComparisonOperator="GreaterThanThreshold",
            EvaluationPeriods=1,
            MetricName="m",
            Namespace="n",
            Period=60,
            Statistic="Sum",
            Threshold=1.0,
            Tags=self.pairs(),
        )
        events = self.session.client("events")
        events.put_rule(Name=f"{prefix}-job-failed", EventPattern='{"source":["aws.batch"]}', Tags=self.pairs())
        events.put_targets(
            Rule=f"{prefix}-job-failed", Targets=[{"Id": "t", "Arn": f"arn:aws:sns:{self.session.region}:123456789012:{prefix}-alerts"}]
        )
        self.session.client("logs").create_log_group(logGroupName=self.names.job_log_group("predict"))
        budget = {
            "BudgetName": f"{prefix}-monthly",
            "BudgetType": "COST",
            "TimeUnit": "MONTHLY",
            "BudgetLimit": {"Amount": "1", "Unit": "USD"},
        }
        self.session.client("budgets").create_budget(AccountId=self.names.account, Budget=budget)
        self.kinds |= {"sns_topic", "cloudwatch_alarm", "events_rule", "log_group", "budget"}

    def images(self) -> None:
        ecr = self.session.client("ecr")
        ecr.create_repository(repositoryName=self.names.repository, tags=self.pairs())
        ecr.put_image(repositoryName=self.names.repository, imageManifest=json.dumps(MANIFEST), imageTag="baseline-1")
        role = f"arn:aws:iam::123456789012:role/{self.names.unique}-host"
        self.session.client("codebuild").create_project(
            name=self.names.build_project,
            source={"type": "S3", "location": "b/k.zip"},
            artifacts={"type": "NO_ARTIFACTS"},
            serviceRole=role,
            environment={"type": "LINUX_CONTAINER", "image": "i", "computeType": "BUILD_GENERAL1_SMALL"},
            tags=self.pairs("key", "value"),
        )
        self.kinds |= {"ecr_repository", "codebuild_project"}
