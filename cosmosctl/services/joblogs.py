"""Use case: the log lines of a run's jobs, newest attempt last."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from cosmosctl.catalog.naming import Names
from cosmosctl.ports.batch import Batch, JobState
from cosmosctl.ports.logs import Logs
from cosmosctl.ports.objectstore import ObjectStore
from cosmosctl.runs.keys import RunKeys
from cosmosctl.runs.model import Submission
from cosmosctl.runs.status import load_spec, load_submissions

JOBS_LIMIT = 100


@dataclass(frozen=True)
class JobLog:
    job: str
    status: str
    attempt: int
    stream: str
    lines: list[str]


def job_logs(store: ObjectStore, batch: Batch, logs: Logs, names: Names, run_id: str, *, shard: int | None, lines: int) -> list[JobLog]:
    """At most `JOBS_LIMIT` jobs; those that never started have no lines and are left out."""
    spec = load_spec(store, run_id)
    group = names.job_log_group(spec.blueprint)
    found: list[JobLog] = []
    for submission in load_submissions(store, RunKeys(run_id)):
        ids = list(_job_ids(submission, shard))[: JOBS_LIMIT - len(found)]
        for job in batch.describe(ids):
            found += [JobLog(job.id, job.status, number, stream, logs.tail(group, stream, lines)) for number, stream in _streams(job)]
    return found


def _job_ids(submission: Submission, shard: int | None) -> Iterator[str]:
    for index in range(submission.size if submission.job_id else 0):
        if shard is None or submission.shard(index) == shard:
            yield f"{submission.job_id}:{index}" if submission.is_array else submission.job_id


def _streams(job: JobState) -> Iterator[tuple[int, str]]:
    attempts = [str((attempt.get("container") or {}).get("logStreamName", "")) for attempt in job.attempts]
    if job.log_stream and job.log_stream not in attempts:
        attempts.append(job.log_stream)
    yield from ((number, stream) for number, stream in enumerate(attempts, start=1) if stream)
