"""Batch jobs and CloudWatch Logs through boto3. Knows the two services' shapes, and nothing of runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from cosmosctl.errors import CosmosctlError
from cosmosctl.ports.aws import AwsSession
from cosmosctl.ports.jobs import Job, JobRequest

DESCRIBE_LIMIT = 100  # DescribeJobs


def _explain(operation: str, error: Exception) -> CosmosctlError:
    return CosmosctlError("aws_error", f"batch {operation}: {error}", path=f"batch:{operation}", hint="cosmosctl doctor   looks for the cause")


class BatchJobs:
    """`ports.jobs.Jobs` over one session."""

    def __init__(self, session: AwsSession) -> None:
        self._client = session.client("batch")

    def _call(self, operation: str, **arguments: Any) -> dict[str, Any]:
        try:
            response: dict[str, Any] = getattr(self._client, operation)(**arguments)
        except (ClientError, BotoCoreError) as error:
            raise _explain(operation, error) from error
        return response

    def submit(self, request: JobRequest) -> str:
        arguments: dict[str, Any] = {
            "jobName": request.name,
            "jobQueue": request.queue,
            "jobDefinition": request.definition,
            "containerOverrides": {"environment": [{"name": key, "value": value} for key, value in request.environment.items()]},
            "tags": dict(request.tags),
            "propagateTags": True,
        }
        if request.array_size > 1:
            arguments["arrayProperties"] = {"size": request.array_size}
        return str(self._call("submit_job", **arguments)["jobId"])

    def find(self, queue: str, name: str) -> Job | None:
        found: list[Job] = []
        for page in self._pages(jobQueue=queue, filters=[{"name": "JOB_NAME", "values": [name]}]):
            found.extend(_job(item) for item in page if item["jobName"] == name)
        return max(found, key=lambda job: job.created, default=None)

    def describe(self, ids: Sequence[str]) -> list[Job]:
        jobs: list[Job] = []
        for start in range(0, len(ids), DESCRIBE_LIMIT):
            jobs.extend(_job(item) for item in self._call("describe_jobs", jobs=list(ids[start : start + DESCRIBE_LIMIT]))["jobs"])
        return jobs

    def children(self, job_id: str, status: str) -> Iterator[Job]:
        for page in self._pages(arrayJobId=job_id, jobStatus=status):
            yield from (_job(item) for item in page)

    def end(self, ids: Sequence[str], reason: str) -> list[str]:
        refused: list[str] = []
        for job_id in ids:
            try:
                self._client.terminate_job(jobId=job_id, reason=reason)  # cancels jobs that have not started, too
            except (ClientError, BotoCoreError) as error:
                refused.append(f"{job_id}: {error}")
        return refused

    def _pages(self, **arguments: Any) -> Iterator[list[dict[str, Any]]]:
        token: str | None = None
        while True:
            response = self._call("list_jobs", **arguments, **({"nextToken": token} if token else {}))
            yield response["jobSummaryList"]
            token = response.get("nextToken")
            if not token:
                return


def _job(item: Mapping[str, Any]) -> Job:
    container = item.get("container") or {}
    array = item.get("arrayProperties") or {}
    attempts = item.get("attempts") or []
    last = (attempts[-1].get("container") or {}) if attempts else {}
    options = (container.get("logConfiguration") or {}).get("options") or {}
    return Job(
        id=item["jobId"],
        name=item["jobName"],
        status=item["status"],
        reason=item.get("statusReason") or container.get("reason") or "",
        created=item.get("createdAt", 0) / 1000,
        started=item.get("startedAt", 0) / 1000,
        stopped=item.get("stoppedAt", 0) / 1000,
        array_size=array.get("size", 0),
        index=array.get("index"),
        summary=array.get("statusSummary") or {},
        exit_code=container.get("exitCode", last.get("exitCode")),
        attempts=len(attempts),
        log_group=options.get("awslogs-group", "/aws/batch/job"),
        log_stream=container.get("logStreamName") or last.get("logStreamName") or "",
    )


class CloudWatchLogs:
    """`ports.jobs.Logs` over one session."""

    def __init__(self, session: AwsSession) -> None:
        self._client = session.client("logs")

    def tail(self, group: str, stream: str, limit: int) -> list[str]:
        response = self._events(logGroupName=group, logStreamName=stream, limit=limit, startFromHead=False)
        return [event["message"] for event in response.get("events", [])][-limit:]

    def since(self, group: str, stream: str, token: str) -> tuple[list[str], str]:
        response = self._events(logGroupName=group, logStreamName=stream, startFromHead=True, **({"nextToken": token} if token else {}))
        return [event["message"] for event in response.get("events", [])], response.get("nextForwardToken", token)

    def _events(self, **arguments: Any) -> dict[str, Any]:
        try:
            response: dict[str, Any] = self._client.get_log_events(**arguments)
        except self._client.exceptions.ResourceNotFoundException:
            return {}
        except (ClientError, BotoCoreError) as error:
            raise CosmosctlError("aws_error", f"logs get_log_events: {error}", path=str(arguments.get("logGroupName", ""))) from error
        return response
