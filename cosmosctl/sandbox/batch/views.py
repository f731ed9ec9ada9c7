"""Jobs as DescribeJobs, ListJobs and GetJobQueueSnapshot show them. Pure; it must not change a record."""

from __future__ import annotations

from typing import Any

from cosmosctl.sandbox.batch.records import Attempt, Dependency, Job, JobSpec, Key, Rule, Unit

MAX_FRONT = 100


def detail(job: Job, index: int | None) -> dict[str, Any]:
    """One entry of DescribeJobs."""
    spec, unit = job.spec, job.find(index) or job.unit
    key = Key(spec.id, index)
    raw = {
        **_common(spec, unit, key),
        "jobQueue": spec.queue,
        "dependsOn": [_dependency(d) for d in spec.depends],
        "parameters": dict(spec.parameters),
        "retryStrategy": {"attempts": spec.retry.attempts, "evaluateOnExit": [_rule(r) for r in spec.retry.rules]},
        "timeout": {"attemptDurationSeconds": spec.timeout_s} if spec.timeout_s else None,
        "shareIdentifier": spec.share,
        "schedulingPriority": spec.priority if spec.share else None,
        "platformCapabilities": list(spec.platforms),
        "propagateTags": spec.propagate_tags,
        "tags": dict(job.tags),
        "attempts": [_attempt(a, spec) for a in unit.attempts],
        "container": _container(spec, unit),
        "arrayProperties": _array(job, index),
        "isCancelled": unit.cancelled,
        "isTerminated": unit.terminated,
    }
    return {k: v for k, v in raw.items() if v is not None}


def summary(job: Job, index: int | None) -> dict[str, Any]:
    """One entry of ListJobs."""
    spec, unit = job.spec, job.find(index) or job.unit
    last = unit.attempts[-1].exit if unit.attempts else None
    container: dict[str, Any] = {"exitCode": last.code, "reason": last.reason} if last else {}
    array = {"index": index} if index is not None else {"size": spec.size} if spec.size else None
    raw = {
        **_common(spec, unit, Key(spec.id, index)),
        "container": {k: v for k, v in container.items() if v is not None} or None,
        "arrayProperties": array,
        "shareIdentifier": spec.share,
    }
    return {k: v for k, v in raw.items() if v is not None}


def front(jobs: list[tuple[Job, int | None]], updated_ms: int) -> dict[str, Any]:
    """GetJobQueueSnapshot: the first RUNNABLE jobs in the order in which they get a place."""
    entries = [{"jobArn": _arn(job.spec, Key(job.spec.id, index)), "earliestTimeAtPosition": updated_ms} for job, index in jobs]
    return {"frontOfQueue": {"jobs": entries[:MAX_FRONT], "lastUpdatedAt": updated_ms}}


def _common(spec: JobSpec, unit: Unit, key: Key) -> dict[str, Any]:
    return {
        "jobId": str(key),
        "jobArn": _arn(spec, key),
        "jobName": spec.name,
        "jobDefinition": spec.definition,
        "createdAt": spec.created_ms,
        "status": unit.status.value,
        "statusReason": unit.reason,
        "startedAt": unit.started_ms,
        "stoppedAt": unit.stopped_ms,
    }


def _arn(spec: JobSpec, key: Key) -> str:
    return spec.arn if key.index is None else f"{spec.arn}:{key.index}"


def _array(job: Job, index: int | None) -> dict[str, Any] | None:
    if job.array is None:
        return None
    if index is not None:
        return {"index": index}
    return {"size": job.array.size, "statusSummary": job.array.summary()}


def _dependency(dep: Dependency) -> dict[str, str]:
    return {k: v for k, v in (("jobId", dep.job), ("type", dep.kind)) if v}


def _rule(rule: Rule) -> dict[str, str]:
    pairs = (("onStatusReason", rule.on_status_reason), ("onReason", rule.on_reason), ("onExitCode", rule.on_exit_code))
    return {**{k: v for k, v in pairs if v is not None}, "action": rule.action.lower()}


def _attempt(attempt: Attempt, spec: JobSpec) -> dict[str, Any]:
    container: dict[str, Any] = {
        "exitCode": attempt.exit.code,
        "reason": attempt.exit.reason,
        "logStreamName": attempt.log_stream,
        "taskArn": _task(spec, attempt.task),
        "containerInstanceArn": _instance(spec, attempt.instance),
        "networkInterfaces": [],
    }
    raw = {
        "container": {k: v for k, v in container.items() if v is not None},
        "startedAt": attempt.started_ms,
        "stoppedAt": attempt.stopped_ms,
        "statusReason": attempt.exit.status_reason,
    }
    return {k: v for k, v in raw.items() if v is not None}


def _container(spec: JobSpec, unit: Unit) -> dict[str, Any]:
    last = unit.attempts[-1] if unit.attempts else None
    ended = last.exit if last and unit.status.terminal else None
    instance = unit.placement.instance if unit.placement else last.instance if last else None
    facts: dict[str, Any] = {
        "exitCode": ended.code if ended else None,
        "reason": ended.reason if ended else None,
        "logStreamName": unit.log_stream,
        "taskArn": _task(spec, unit.task),
        "containerInstanceArn": _instance(spec, instance),
        "instanceType": unit.placement.instance_type if unit.placement else None,
    }
    return {**spec.container, **{k: v for k, v in facts.items() if v is not None}}


def _task(spec: JobSpec, task: str | None) -> str | None:
    return f"arn:aws:ecs:{spec.region}:{spec.account}:task/sandbox/{task}" if task else None


def _instance(spec: JobSpec, instance: str | None) -> str | None:
    return f"arn:aws:ecs:{spec.region}:{spec.account}:container-instance/sandbox/{instance}" if instance else None
