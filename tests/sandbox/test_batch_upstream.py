"""What moto as shipped still lacks in Batch, CodeBuild and EventBridge: when one of these fails, a patch of ours may go."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import pytest
from botocore.exceptions import ClientError

from .conftest import ClientFactory

ROLE = "arn:aws:iam::123456789012:role/x"
LIMIT = {"reason": "CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY", "state": "RUNNABLE", "maxTimeSeconds": 600, "action": "CANCEL"}


def environment(client: ClientFactory, *, role: bool) -> str:
    ec2, iam, batch = client("ec2"), client("iam"), client("batch")
    name = f"t{uuid4().hex[:8]}"
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.1.0/24")["Subnet"]["SubnetId"]
    group = ec2.create_security_group(GroupName=name, Description="x", VpcId=vpc)["GroupId"]
    trust = json.dumps({"Version": "2012-10-17", "Statement": []})
    arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    resources = {
        "type": "EC2",
        "minvCpus": 0,
        "maxvCpus": 8,
        "instanceTypes": ["g6e.2xlarge"],
        "subnets": [subnet],
        "securityGroupIds": [group],
        "instanceRole": iam.create_instance_profile(InstanceProfileName=name)["InstanceProfile"]["Arn"],
    }
    more = {"serviceRole": arn} if role else {}
    more["state"] = "ENABLED"
    made = batch.create_compute_environment(computeEnvironmentName=name, type="MANAGED", computeResources=resources, **more)
    return str(made["computeEnvironmentArn"])


def queue(client: ClientFactory) -> dict[str, Any]:
    batch = client("batch")
    name = f"q{uuid4().hex[:8]}"
    order = [{"order": 1, "computeEnvironment": environment(client, role=True)}]
    batch.create_job_queue(jobQueueName=name, state="ENABLED", priority=1, computeEnvironmentOrder=order, jobStateTimeLimitActions=[LIMIT])
    return dict(batch.describe_job_queues(jobQueues=[name])["jobQueues"][0])


def test_a_service_linked_role(upstream: ClientFactory, ours: ClientFactory) -> None:
    assert environment(ours, role=False)
    with pytest.raises(ClientError, match="ServiceRole is required"):
        environment(upstream, role=False)


def test_time_limit_actions_of_a_queue(upstream: ClientFactory, ours: ClientFactory) -> None:
    assert queue(ours)["jobStateTimeLimitActions"] == [LIMIT]
    assert "jobStateTimeLimitActions" not in queue(upstream)


def test_update_of_an_environment(upstream: ClientFactory, ours: ClientFactory) -> None:
    def after(client: ClientFactory) -> int:
        arn = environment(client, role=True)
        client("batch").update_compute_environment(computeEnvironment=arn, computeResources={"maxvCpus": 64})
        found = client("batch").describe_compute_environments(computeEnvironments=[arn])["computeEnvironments"][0]
        return int(found["computeResources"]["maxvCpus"])

    assert (after(ours), after(upstream)) == (64, 8)


def test_an_enabled_queue_cannot_be_deleted(upstream: ClientFactory, ours: ClientFactory) -> None:
    upstream("batch").delete_job_queue(jobQueue=queue(upstream)["jobQueueArn"])
    with pytest.raises(ClientError, match="must be DISABLED"):
        ours("batch").delete_job_queue(jobQueue=queue(ours)["jobQueueArn"])


def project(client: ClientFactory) -> str:
    name = f"p{uuid4().hex[:8]}"
    client("codebuild").create_project(
        name=name,
        serviceRole=ROLE,
        artifacts={"type": "NO_ARTIFACTS"},
        source={"type": "S3", "location": "b/k.zip"},
        encryptionKey="k",
        environment={"type": "LINUX_CONTAINER", "image": "i", "computeType": "BUILD_GENERAL1_SMALL"},
    )
    return name


def test_a_project_keeps_its_key_and_can_be_updated(upstream: ClientFactory, ours: ClientFactory) -> None:
    assert ours("codebuild").batch_get_projects(names=[project(ours)])["projects"][0]["encryptionKey"] == "k"
    assert upstream("codebuild").batch_get_projects(names=[project(upstream)])["projects"][0]["encryptionKey"] != "k"
    assert ours("codebuild").update_project(name=project(ours), description="d")["project"]["description"] == "d"
    with pytest.raises(ClientError):
        upstream("codebuild").update_project(name=project(upstream), description="d")


def test_a_build_without_a_source_fails(upstream: ClientFactory, ours: ClientFactory) -> None:
    def first_state(client: ClientFactory) -> str:
        builds = client("codebuild")
        ident = builds.start_build(projectName=project(client))["build"]["id"]
        return str(builds.batch_get_builds(ids=[ident])["builds"][0]["buildStatus"])

    assert first_state(upstream) == "SUCCEEDED"
    assert first_state(ours) in ("IN_PROGRESS", "FAILED")


def test_an_event_reaches_a_topic(upstream: ClientFactory, ours: ClientFactory) -> None:
    def deliver(client: ClientFactory) -> list[Any]:
        events, sns, sqs = client("events"), client("sns"), client("sqs")
        name = f"e{uuid4().hex[:8]}"
        url = sqs.create_queue(QueueName=name)["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        topic = sns.create_topic(Name=name)["TopicArn"]
        sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes={"RawMessageDelivery": "true"})
        events.put_rule(Name=name, EventPattern=json.dumps({"source": [name]}))
        shape = {"InputPathsMap": {"a": "$.detail.a"}, "InputTemplate": '"a is <a>"'}
        events.put_targets(Rule=name, Targets=[{"Id": "t", "Arn": topic, "InputTransformer": shape}])
        events.put_events(Entries=[{"Source": name, "DetailType": "d", "Detail": json.dumps({"a": 1})}])
        return list(sqs.receive_message(QueueUrl=url).get("Messages", ()))

    assert [m["Body"] for m in deliver(ours)] == ["a is 1"]
    with pytest.raises(ClientError):
        deliver(upstream)
