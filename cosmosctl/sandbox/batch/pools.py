"""Queues, compute environments and job definitions: what moto drops, and the rules of the API that it does not keep.

State stays on moto's own objects (attributes `x_*`), so it travels in the snapshot. It must not know jobs.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from cosmosctl.sandbox.batch import retry, submit, world
from cosmosctl.sandbox.batch.placement import LIMIT_REASONS
from cosmosctl.sandbox.batch.submit import Refused

Body = Mapping[str, Any]
MAX_DEFINITION = 24 * 1024
MAX_ENVIRONMENTS = 3
LIMIT_SECONDS = (600, 86_400)
SCALE_DOWN_MINUTES = (20, 10_080)
SERVICE = "batch.amazonaws.com"


def create_environment(region: str, body: Body) -> Any:
    owner = world.backend(region)
    resources = dict(body.get("computeResources") or {})
    _check_scaling(resources)
    found = owner.create_compute_environment(
        compute_environment_name=str(body.get("computeEnvironmentName") or ""),
        _type=body.get("type"),
        state=body.get("state") or "ENABLED",
        compute_resources=resources or None,
        service_role=body.get("serviceRole") or _linked_role(owner),
        tags=body.get("tags"),
    )
    return {"computeEnvironmentName": found.name, "computeEnvironmentArn": found.arn}


def _linked_role(owner: Any) -> str:
    """Batch makes its service-linked role itself when no role is given."""
    path = f"/aws-service-role/{SERVICE}/"
    for role in owner.iam_backend.roles.values():
        if role.path == path:
            return str(role.arn)
    trust = {"Effect": "Allow", "Principal": {"Service": SERVICE}, "Action": "sts:AssumeRole"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    made = owner.iam_backend.create_role("AWSServiceRoleForBatch", policy, path, None, "", [], "3600", linked_service=SERVICE)
    return str(made.arn)


def _check_scaling(resources: Mapping[str, Any]) -> None:
    minutes = (resources.get("scalingPolicy") or {}).get("minScaleDownDelayMinutes")
    low, high = SCALE_DOWN_MINUTES
    if minutes is not None and not low <= int(minutes) <= high:
        raise Refused(f"minScaleDownDelayMinutes must be between {low} and {high}, {minutes} was given")


def update_environment(region: str, body: Body) -> Any:
    owner = world.backend(region)
    name = str(body.get("computeEnvironment") or "")
    found = owner.get_compute_environment(name)
    if found is None:
        raise Refused(f"Compute environment {name} does not exist")
    change = dict(body.get("computeResources") or {})
    _check_scaling(change)
    latest = change.pop("updateToLatestImageVersion", None)
    merged = {**(found.compute_resources or {}), **change}
    if int(merged.get("maxvCpus", 0)) < int(merged.get("minvCpus", 0)):
        raise Refused("maxvCpus must not be smaller than minvCpus")
    owner.update_compute_environment(name, body.get("state"), None, body.get("serviceRole"))
    if change:
        found.compute_resources = merged
    if latest is not None:
        found.x_latest_image = bool(latest)
    if body.get("updatePolicy"):
        found.x_update_policy = dict(body["updatePolicy"])
    return {"computeEnvironmentName": found.name, "computeEnvironmentArn": found.arn}


def describe_environments(region: str, body: Body) -> Any:
    owner = world.backend(region)
    rows = []
    for row in owner.describe_compute_environments(body.get("computeEnvironments") or None):
        found = owner.get_compute_environment(row["computeEnvironmentArn"])
        policy = getattr(found, "x_update_policy", None)
        rows.append({**row, "containerOrchestrationType": "ECS", **({"updatePolicy": policy} if policy else {})})
    return page(rows, "computeEnvironments", body)


def page(rows: list[Any], name: str, body: Body) -> dict[str, Any]:
    """`maxResults` and `nextToken` of the Describe calls."""
    start, most = int(body.get("nextToken") or 0), int(body.get("maxResults") or 100)
    answer: dict[str, Any] = {name: rows[start : start + most]}
    if start + most < len(rows):
        answer["nextToken"] = str(start + most)
    return answer


def delete_environment(region: str, body: Body) -> Any:
    owner = world.backend(region)
    found = owner.get_compute_environment(str(body.get("computeEnvironment") or ""))
    if found is None:
        return {}
    if found.state != "DISABLED":
        raise Refused(f"Cannot delete, compute environment {found.name} must be DISABLED first")
    queues = [q.name for q in owner._job_queues.values() if any(e.arn == found.arn for e in q.environments)]
    if queues:
        raise Refused(f"Cannot delete, found existing JobQueue relationship: {', '.join(sorted(queues))}")
    owner.delete_compute_environment(found.arn)
    owner.tagger.delete_all_tags_for_resource(found.arn)
    return {}


def create_queue(region: str, body: Body) -> Any:
    owner = world.backend(region)
    order = list(body.get("computeEnvironmentOrder") or ())
    limits = list(body.get("jobStateTimeLimitActions") or ())
    _check_order(owner, order)
    _check_limits(limits)
    found = owner.create_job_queue(
        queue_name=body.get("jobQueueName"),
        priority=body.get("priority"),
        schedule_policy=body.get("schedulingPolicyArn"),
        state=body.get("state") or "ENABLED",
        compute_env_order=order,
        tags=body.get("tags"),
    )
    found.x_time_limits = limits
    return {"jobQueueName": found.name, "jobQueueArn": found.arn}


def _check_order(owner: Any, order: list[Mapping[str, Any]]) -> None:
    if len(order) > MAX_ENVIRONMENTS:
        raise Refused(f"A job queue may have at most {MAX_ENVIRONMENTS} compute environments, {len(order)} were given")
    found = [owner.get_compute_environment(str(item.get("computeEnvironment"))) for item in order]
    kinds = {"FARGATE" in str((e.compute_resources or {}).get("type")) for e in found if e is not None}
    if len(kinds) > 1:
        raise Refused("A job queue cannot mix EC2 and Fargate compute environments")


def _check_limits(limits: list[Mapping[str, Any]]) -> None:
    low, high = LIMIT_SECONDS
    for item in limits:
        if item.get("reason") not in LIMIT_REASONS:
            raise Refused(f"jobStateTimeLimitActions reason {item.get('reason')} is not one of {', '.join(LIMIT_REASONS)}")
        if item.get("state") != "RUNNABLE" or item.get("action") != "CANCEL":
            raise Refused("jobStateTimeLimitActions supports state RUNNABLE and action CANCEL only")
        if not low <= int(item.get("maxTimeSeconds") or 0) <= high:
            raise Refused(f"maxTimeSeconds must be between {low} and {high}, {item.get('maxTimeSeconds')} was given")


def update_queue(region: str, body: Body) -> Any:
    owner = world.backend(region)
    order, limits = body.get("computeEnvironmentOrder"), body.get("jobStateTimeLimitActions")
    if order is not None:
        _check_order(owner, order)
    if limits is not None:
        _check_limits(limits)
    name = str(body.get("jobQueue") or "")
    owner.update_job_queue(name, body.get("priority"), body.get("state"), order, body.get("schedulingPolicyArn"))
    found = owner.get_job_queue(name)
    if limits is not None:
        found.x_time_limits = list(limits)
    return {"jobQueueName": found.name, "jobQueueArn": found.arn}


def describe_queues(region: str, body: Body) -> Any:
    owner = world.backend(region)
    rows = []
    for row in owner.describe_job_queues(body.get("jobQueues") or None):
        limits = getattr(owner.get_job_queue(row["jobQueueArn"]), "x_time_limits", None)
        plain = {k: v for k, v in row.items() if v is not None}
        rows.append({**plain, **({"jobStateTimeLimitActions": limits} if limits else {})})
    return page(rows, "jobQueues", body)


def delete_queue(region: str, body: Body) -> str | None:
    """The ARN of the queue that is gone, whose jobs must end."""
    owner = world.backend(region)
    found = owner.get_job_queue(str(body.get("jobQueue") or ""))
    if found is None:
        return None
    if found.state != "DISABLED":
        raise Refused(f"Cannot delete, job queue {found.name} must be DISABLED first")
    owner.delete_job_queue(found.arn)
    owner.tagger.delete_all_tags_for_resource(found.arn)
    return str(found.arn)


def register_definition(region: str, body: Body, size: int) -> Any:
    if size > MAX_DEFINITION:
        raise Refused(f"Request payload of {size} bytes exceeds the limit of {MAX_DEFINITION} bytes")
    if not submit.NAME.fullmatch(str(body.get("jobDefinitionName") or "")):
        raise Refused("Job definition name should match valid pattern ^[A-Za-z0-9][A-Za-z0-9_-]{0,127}$")
    try:
        retry.parse(body.get("retryStrategy"))
    except ValueError as error:
        raise Refused(str(error)) from error
    submit.timeout_of(body.get("timeout"))
    found = world.backend(region).register_job_definition(
        def_name=body.get("jobDefinitionName"),
        parameters=body.get("parameters") or {},
        _type=body.get("type"),
        tags=body.get("tags") or {},
        retry_strategy=json.loads(json.dumps(body.get("retryStrategy") or {})),
        container_properties=json.loads(json.dumps(body.get("containerProperties"))),
        node_properties=body.get("nodeProperties"),
        eks_properties=body.get("eksProperties"),
        timeout=body.get("timeout") or {},
        platform_capabilities=body.get("platformCapabilities") or ["EC2"],
        propagate_tags=bool(body.get("propagateTags")),
    )
    # moto copies these from the revision before
    found.platform_capabilities = list(body.get("platformCapabilities") or ["EC2"])
    found.propagate_tags = bool(body.get("propagateTags"))
    found.x_priority = body.get("schedulingPriority")
    return {"jobDefinitionName": found.name, "jobDefinitionArn": found.arn, "revision": found.revision}


def describe_definitions(region: str, body: Body) -> Any:
    owner = world.backend(region)
    names = list(body.get("jobDefinitions") or ())
    name, status = body.get("jobDefinitionName"), body.get("status")
    found = [d for d in owner._job_definitions.values() if _named(d, name, names) and status in (None, d.status)]
    rows = []
    for item in sorted(found, key=lambda d: (d.name, -d.revision)):
        priority = getattr(item, "x_priority", None)
        row = {k: v for k, v in item.describe().items() if v is not None}
        rows.append({**row, "containerOrchestrationType": "ECS", **({} if priority is None else {"schedulingPriority": priority})})
    return page(rows, "jobDefinitions", body)


def _named(found: Any, name: str | None, names: list[str]) -> bool:
    if name is not None:
        return name in (found.name, found.arn)
    return not names or any(n in (found.arn, found.name, f"{found.name}:{found.revision}") for n in names)
