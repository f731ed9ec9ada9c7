"""Compute environments, queues and job definitions: what upstream drops and the order in which things may go."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.support.sandbox_batch import FAST, Farm, sandbox

LIMIT = {"reason": "CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY", "state": "RUNNABLE", "maxTimeSeconds": 600, "action": "CANCEL"}


@pytest.fixture(scope="module")
def farm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Farm]:
    with sandbox(tmp_path_factory.mktemp("pools")) as server:
        server.post("settings", FAST)
        yield Farm(server)


def described(farm: Farm, arn: str) -> dict[str, Any]:
    return dict(farm.batch.describe_compute_environments(computeEnvironments=[arn])["computeEnvironments"][0])


def refused(call: Any, **arguments: Any) -> str:
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    return str(caught.value.response["Error"]["Message"])


def test_no_service_role_means_the_service_linked_role(farm: Farm) -> None:
    role = described(farm, farm.environments[0])["serviceRole"]
    assert role == "arn:aws:iam::123456789012:role/aws-service-role/batch.amazonaws.com/AWSServiceRoleForBatch"


def test_an_update_of_an_environment_is_kept(farm: Farm) -> None:
    arn = farm.environment("EC2", 32, ["g6e.2xlarge"])
    change = {"maxvCpus": 128, "scalingPolicy": {"minScaleDownDelayMinutes": 20}, "updateToLatestImageVersion": True}
    farm.batch.update_compute_environment(
        computeEnvironment=arn, computeResources=change, updatePolicy={"terminateJobsOnUpdate": False, "jobExecutionTimeoutMinutes": 60}
    )
    found = described(farm, arn)
    assert found["computeResources"]["maxvCpus"] == 128
    assert found["computeResources"]["instanceTypes"] == ["g6e.2xlarge"]
    assert found["computeResources"]["scalingPolicy"] == {"minScaleDownDelayMinutes": 20}
    assert found["updatePolicy"] == {"terminateJobsOnUpdate": False, "jobExecutionTimeoutMinutes": 60}
    late = {"scalingPolicy": {"minScaleDownDelayMinutes": 19}}
    assert "between 20 and 10080" in refused(farm.batch.update_compute_environment, computeEnvironment=arn, computeResources=late)


def test_time_limits_of_a_queue_are_kept_and_checked(farm: Farm) -> None:
    queue = farm.make_queue("limits", farm.environments, jobStateTimeLimitActions=[LIMIT])

    def limits() -> Any:
        return farm.batch.describe_job_queues(jobQueues=[queue])["jobQueues"][0].get("jobStateTimeLimitActions")

    assert limits() == [LIMIT]
    farm.batch.update_job_queue(jobQueue=queue, priority=7)
    assert limits() == [LIMIT]
    farm.batch.update_job_queue(jobQueue=queue, jobStateTimeLimitActions=[{**LIMIT, "maxTimeSeconds": 900}])
    assert limits() == [{**LIMIT, "maxTimeSeconds": 900}]
    cases = (({"maxTimeSeconds": 599}, "between 600 and 86400"), ({"reason": "X"}, "is not one of"), ({"action": "TERMINATE"}, "CANCEL"))
    for bad, words in cases:
        assert words in refused(farm.batch.update_job_queue, jobQueue=queue, jobStateTimeLimitActions=[{**LIMIT, **bad}])


def test_the_order_of_deletion_is_enforced(farm: Farm) -> None:
    environment = farm.environment("EC2", 16, ["g6e.2xlarge"])
    queue = farm.make_queue("delete", [environment])
    assert "must be DISABLED" in refused(farm.batch.delete_compute_environment, computeEnvironment=environment)
    assert "must be DISABLED" in refused(farm.batch.delete_job_queue, jobQueue=queue)
    farm.batch.update_compute_environment(computeEnvironment=environment, state="DISABLED")
    assert "existing JobQueue relationship" in refused(farm.batch.delete_compute_environment, computeEnvironment=environment)
    stuck = farm.submit(farm.define("pass"), jobQueue=queue)
    farm.wait(stuck, "RUNNABLE")
    farm.batch.update_job_queue(jobQueue=queue, state="DISABLED")
    message = refused(farm.batch.submit_job, jobName="n", jobQueue=queue, jobDefinition=farm.define("pass"))
    assert message.startswith("Cannot submit, Job Queue (arn:aws:batch:")
    assert message.endswith("is not in the ENABLED state")
    farm.batch.delete_job_queue(jobQueue=queue)
    assert farm.wait(stuck)["statusReason"] == "Job queue has been deleted"
    farm.batch.delete_compute_environment(computeEnvironment=environment)
    assert farm.batch.describe_job_queues(jobQueues=[queue])["jobQueues"] == []
    assert farm.batch.describe_compute_environments(computeEnvironments=[environment])["computeEnvironments"] == []


def test_at_most_three_environments_a_queue(farm: Farm) -> None:
    four = [{"order": i, "computeEnvironment": farm.environments[0]} for i in range(4)]
    assert "at most 3" in refused(farm.batch.create_job_queue, jobQueueName="four", priority=1, computeEnvironmentOrder=four)


def test_a_new_revision_does_not_inherit_from_the_old_one(farm: Farm) -> None:
    first = farm.define("pass", "inherit", propagateTags=True, platformCapabilities=["EC2"], tags={"a": "1"}, schedulingPriority=4)
    second = farm.define("pass", "inherit")
    all_of_it = farm.batch.describe_job_definitions(jobDefinitionName=f"{farm.name}-inherit")["jobDefinitions"]
    found = {d["jobDefinitionArn"]: d for d in all_of_it}
    assert (found[first]["propagateTags"], found[second]["propagateTags"]) == (True, False)
    assert (found[first]["schedulingPriority"], "schedulingPriority" in found[second]) == (4, False)
    farm.batch.deregister_job_definition(jobDefinition=first)
    active = farm.batch.describe_job_definitions(jobDefinitionName=f"{farm.name}-inherit", status="ACTIVE")["jobDefinitions"]
    assert [d["jobDefinitionArn"] for d in active] == [second]


def test_a_bad_definition_is_refused_at_registration(farm: Farm) -> None:
    resources = [{"type": "VCPU", "value": "1"}, {"type": "MEMORY", "value": "100"}]
    container = {"image": farm.image, "command": ["true"], "resourceRequirements": resources}
    common = {"jobDefinitionName": "bad", "type": "container", "containerProperties": container}
    assert "at least 60" in refused(farm.batch.register_job_definition, **common, timeout={"attemptDurationSeconds": 5})
    rules = {"attempts": 2, "evaluateOnExit": [{"onExitCode": "x", "action": "EXIT"}]}
    assert "digits" in refused(farm.batch.register_job_definition, **common, retryStrategy=rules)
    large = {**container, "environment": [{"name": "X", "value": "v" * 25_000}]}
    assert "24576 bytes" in refused(farm.batch.register_job_definition, **{**common, "containerProperties": large})
