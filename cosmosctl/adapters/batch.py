"""AWS Batch through boto3. Knows the service's shapes and limits, and nothing of runs or plans."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from cosmosctl.adapters.aws_calls import aws
from cosmosctl.errors import CosmosctlError
from cosmosctl.ports.aws import AwsSession
from cosmosctl.ports.batch import EnvironmentState, JobState, QueueState

PAGE = 100
DESCRIBE_QUEUES = 100
SUBMIT_TRIES = 6


class _Unclear(Exception):
    """An answer of SubmitJob was lost: the job may be there or not."""


def _stop_when_unclear(response: Any, caught_exception: Any, **_: Any) -> None:
    """In botocore's decision about another try: SubmitJob is not idempotent, so it must look before it asks again."""
    if caught_exception is not None or response[0].status_code >= 500:
        raise _Unclear(str(caught_exception or response[1].get("Error", {}).get("Code", "")))


class AwsBatch:
    """`ports.batch.Batch` over one session."""

    def __init__(self, session: AwsSession, sleep: Callable[[float], None] = time.sleep) -> None:
        self._client = session.client("batch")
        self._client.meta.events.register_first("needs-retry.batch.SubmitJob", _stop_when_unclear, unique_id="cosmosctl-submit")
        self._sleep = sleep

    def queues(self, names: Sequence[str]) -> Sequence[QueueState]:
        with aws("batch:DescribeJobQueues"):
            return [
                _queue(item)
                for part in _parts(names, DESCRIBE_QUEUES)
                for item in self._client.describe_job_queues(jobQueues=part)["jobQueues"]
            ]

    def queues_with_prefix(self, prefix: str) -> Sequence[QueueState]:
        with aws("batch:DescribeJobQueues"):
            pages = self._client.get_paginator("describe_job_queues").paginate()
            return [_queue(item) for page in pages for item in page["jobQueues"] if item["jobQueueName"].startswith(prefix)]

    def environments(self, names: Sequence[str]) -> Sequence[EnvironmentState]:
        with aws("batch:DescribeComputeEnvironments"):
            return [
                _environment(item)
                for part in _parts(names, PAGE)
                for item in self._client.describe_compute_environments(computeEnvironments=part)["computeEnvironments"]
            ]

    def disable_queue(self, name: str) -> None:
        with aws("batch:UpdateJobQueue", name):
            self._client.update_job_queue(jobQueue=name, state="DISABLED")

    def update_settings(self, name: str, *, scale_down_minutes: int | None) -> None:
        resources: dict[str, Any] = {"updateToLatestImageVersion": True}
        if scale_down_minutes is not None:
            resources["scalingPolicy"] = {"minScaleDownDelayMinutes": scale_down_minutes}
        with aws("batch:UpdateComputeEnvironment", name):
            self._client.update_compute_environment(computeEnvironment=name, computeResources=resources)

    def active_definition(self, name: str) -> Mapping[str, Any] | None:
        with aws("batch:DescribeJobDefinitions", name):
            pages = self._client.get_paginator("describe_job_definitions").paginate(jobDefinitionName=name, status="ACTIVE")
            found = [item for page in pages for item in page["jobDefinitions"]]
        return max(found, key=lambda item: int(item["revision"]), default=None)

    def submit(
        self, *, name: str, queue: str, definition: str, array_size: int, environment: Mapping[str, str], tags: Mapping[str, str]
    ) -> str:
        extra: dict[str, Any] = {"arrayProperties": {"size": array_size}} if array_size > 1 else {}
        overrides = {"environment": [{"name": key, "value": value} for key, value in environment.items()]}
        request = {"jobQueue": queue, "jobDefinition": definition, "containerOverrides": overrides, "tags": dict(tags), **extra}
        why = ""
        for attempt in range(SUBMIT_TRIES):
            try:
                with aws("batch:SubmitJob", name):
                    return str(self._client.submit_job(jobName=name, propagateTags=True, **request)["jobId"])
            except _Unclear as lost:
                why = str(lost)
            self._sleep(min(10.0, 0.3 * 2**attempt))
            found = self.find(queue, name)
            if found is not None:
                return found.id
        message = f"batch:SubmitJob: no answer in {SUBMIT_TRIES} tries ({why})"
        raise CosmosctlError("aws_error", message, path=name, hint="the same command again looks for the job before it asks anew")

    def find(self, queue: str, name: str) -> JobState | None:
        filters = [{"name": "JOB_NAME", "values": [name]}]
        with aws("batch:ListJobs", name):
            pages = self._client.get_paginator("list_jobs").paginate(jobQueue=queue, filters=filters)
            found = [item for page in pages for item in page["jobSummaryList"] if item["jobName"] == name]
        newest = max(found, key=lambda item: int(item.get("createdAt", 0)), default=None)
        return next(iter(self.describe([newest["jobId"]])), None) if newest else None

    def describe(self, job_ids: Sequence[str]) -> Sequence[JobState]:
        with aws("batch:DescribeJobs"):
            return [_job(item) for part in _parts(job_ids, PAGE) for item in self._client.describe_jobs(jobs=part)["jobs"]]

    def children(self, array_job_id: str, status: str) -> Sequence[JobState]:
        with aws("batch:ListJobs", array_job_id):
            pages = self._client.get_paginator("list_jobs").paginate(arrayJobId=array_job_id, jobStatus=status)
            return [_job(item) for page in pages for item in page["jobSummaryList"]]

    def list_jobs(self, queue: str, statuses: Sequence[str]) -> Sequence[JobState]:
        with aws("batch:ListJobs", queue):
            return [_job({**item, "jobQueue": queue}) for status in statuses for item in self._summaries(queue, status)]

    def _summaries(self, queue: str, status: str) -> Iterator[dict[str, Any]]:
        for page in self._client.get_paginator("list_jobs").paginate(jobQueue=queue, jobStatus=status):
            yield from page["jobSummaryList"]

    def stop(self, job_ids: Sequence[str], reason: str) -> None:
        """TerminateJob covers both: what has not started is cancelled, what runs is stopped."""
        for job_id in job_ids:
            with aws("batch:TerminateJob", job_id):
                self._client.terminate_job(jobId=job_id, reason=reason[:1024])


def _parts(items: Iterable[str], size: int) -> Iterator[list[str]]:
    everything = list(items)
    for start in range(0, len(everything), size):
        yield everything[start : start + size]


def _last(arn: str) -> str:
    return arn.rpartition("/")[2]


def _queue(item: Mapping[str, Any]) -> QueueState:
    order = sorted(item.get("computeEnvironmentOrder", []), key=lambda entry: int(entry["order"]))
    return QueueState(
        item["jobQueueName"],
        item["jobQueueArn"],
        item["state"],
        item.get("status", ""),
        item.get("statusReason", ""),
        tuple(_last(entry["computeEnvironment"]) for entry in order),
    )


def _environment(item: Mapping[str, Any]) -> EnvironmentState:
    policy = item.get("computeResources", {}).get("scalingPolicy") or {}
    return EnvironmentState(
        item["computeEnvironmentName"],
        item["computeEnvironmentArn"],
        item.get("state", ""),
        item.get("status", ""),
        item.get("statusReason", ""),
        policy.get("minScaleDownDelayMinutes") or None,
    )


def _job(item: Mapping[str, Any]) -> JobState:
    """A summary of ListJobs and a detail of DescribeJobs alike; what a summary lacks stays empty."""
    array = item.get("arrayProperties") or {}
    return JobState(
        id=item["jobId"],
        name=item["jobName"],
        status=item["status"],
        reason=item.get("statusReason", ""),
        index=array.get("index"),
        array_size=int(array.get("size", 0)),
        status_counts=dict(array.get("statusSummary") or {}),
        attempts=tuple(item.get("attempts", ())),
        log_stream=(item.get("container") or {}).get("logStreamName", ""),
        created_ms=int(item.get("createdAt") or 0),
        started_ms=int(item.get("startedAt") or 0),
        stopped_ms=int(item.get("stoppedAt") or 0),
        queue=item.get("jobQueue", ""),
        definition=item.get("jobDefinition", ""),
    )
