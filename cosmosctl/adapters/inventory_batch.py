"""Batch's part of the inventory, with the ECS clusters that Batch makes for its environments."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cosmosctl.adapters.aws_calls import gone_is_fine
from cosmosctl.adapters.inventory_kind import Found, Kind
from cosmosctl.catalog.naming import Names
from cosmosctl.ports.aws import AwsSession

GONE = ("ClientException", "ClusterNotFoundException")
BUSY = {"DELETING", "UPDATING", "CREATING"}
DESCRIBE_CLUSTERS = 100


def _client(session: AwsSession) -> Any:
    return session.client("batch")


def _queues(session: AwsSession, _: Names) -> Iterator[Found]:
    for page in _client(session).get_paginator("describe_job_queues").paginate():
        for item in page["jobQueues"]:
            if item.get("status") != "DELETED":
                yield Found(item["jobQueueName"], item["jobQueueName"], item.get("tags"))


def _environments(session: AwsSession, _: Names) -> Iterator[Found]:
    for page in _client(session).get_paginator("describe_compute_environments").paginate():
        for item in page["computeEnvironments"]:
            if item.get("status") != "DELETED":
                yield Found(
                    item["computeEnvironmentName"],
                    item["computeEnvironmentName"],
                    item.get("tags"),
                    {"cluster": item.get("ecsClusterArn", "")},
                )


def _definitions(session: AwsSession, _: Names) -> Iterator[Found]:
    for page in _client(session).get_paginator("describe_job_definitions").paginate(status="ACTIVE"):
        for item in page["jobDefinitions"]:
            yield Found(f"{item['jobDefinitionName']}:{item['revision']}", item["jobDefinitionName"], item.get("tags"))


def _policies(session: AwsSession, _: Names) -> Iterator[Found]:
    client = _client(session)
    arns = [item["arn"] for page in client.get_paginator("list_scheduling_policies").paginate() for item in page["schedulingPolicies"]]
    for start in range(0, len(arns), 100):
        for item in client.describe_scheduling_policies(arns=arns[start : start + 100])["schedulingPolicies"]:
            yield Found(item["arn"], item["name"], item.get("tags"))


def _clusters(session: AwsSession, _: Names) -> Iterator[Found]:
    """Batch names a cluster after its environment and passes no tags on, so the name inside counts."""
    ecs = session.client("ecs")
    arns = [arn for page in ecs.get_paginator("list_clusters").paginate() for arn in page["clusterArns"]]
    for start in range(0, len(arns), DESCRIBE_CLUSTERS):
        for item in ecs.describe_clusters(clusters=arns[start : start + DESCRIBE_CLUSTERS], include=["TAGS"])["clusters"]:
            name = str(item["clusterName"]).removeprefix("AWSBatch-")
            if item.get("status") != "INACTIVE":
                yield Found(item["clusterArn"], name, {tag["key"]: tag["value"] for tag in item.get("tags", [])})


def _delete_queue(session: AwsSession, name: str) -> None:
    client = _client(session)
    for item in client.describe_job_queues(jobQueues=[name])["jobQueues"]:
        if item["state"] == "ENABLED":
            client.update_job_queue(jobQueue=name, state="DISABLED")
        elif item.get("status") not in BUSY:
            client.delete_job_queue(jobQueue=name)


def _delete_environment(session: AwsSession, name: str) -> None:
    client = _client(session)
    for item in client.describe_compute_environments(computeEnvironments=[name])["computeEnvironments"]:
        if item["state"] == "ENABLED":
            client.update_compute_environment(computeEnvironment=name, state="DISABLED")
        elif item.get("status") not in BUSY:
            client.delete_compute_environment(computeEnvironment=name)


def _delete_cluster(session: AwsSession, arn: str) -> None:
    with gone_is_fine(*GONE):
        session.client("ecs").delete_cluster(cluster=arn)


KINDS = (
    Kind("batch_job_queue", "batch", _queues, _delete_queue),
    Kind("batch_compute_environment", "batch", _environments, _delete_environment),
    Kind(
        "batch_job_definition", "batch", _definitions, lambda session, name: _client(session).deregister_job_definition(jobDefinition=name)
    ),
    Kind("batch_scheduling_policy", "batch", _policies, lambda session, arn: _client(session).delete_scheduling_policy(arn=arn)),
    Kind("ecs_cluster", "ecs", _clusters, _delete_cluster),
)
