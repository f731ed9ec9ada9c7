"""The job operations of the Batch API over the scheduler. Each takes a decoded request and returns the answer's JSON."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Mapping
from typing import Any

from cosmosctl.sandbox.batch import listing, stopping, submit, views, world
from cosmosctl.sandbox.batch.records import Job, Key, Status
from cosmosctl.sandbox.batch.service import Service, now
from cosmosctl.sandbox.batch.submit import Refused
from cosmosctl.sandbox.state import ACCOUNT_ID

Body = Mapping[str, Any]
MAX_DESCRIBE = 100
MAX_BULK = 50
MAX_REASON = 1024
MAX_TAGS = 50
UNKNOWN_TAG = re.compile(r"[\x00-\x1f]")


def submit_job(service: Service, region: str, body: Body, size: int) -> Any:
    submit.check_size(size)
    definition = world.definition(region, str(body.get("jobDefinition") or ""))
    queue = world.queue_facts(region, str(body.get("jobQueue") or ""))
    tags = dict(body.get("tags") or {})
    if len(tags) > MAX_TAGS:
        raise Refused(f"A job may have at most {MAX_TAGS} tags")
    with service.edit() as table:
        moment = now()
        ticket = submit.Ticket(str(uuid.uuid4()), table.next_sequence(), region, ACCOUNT_ID, moment.ms)
        spec = submit.build(body, definition, queue, table.jobs.get, ticket)
        table.add(spec, tags, moment)
    return {"jobId": spec.id, "jobName": spec.name, "jobArn": spec.arn}


def describe_jobs(service: Service, region: str, body: Body) -> Any:
    wanted = list(body.get("jobs") or ())
    if len(wanted) > MAX_DESCRIBE:
        raise Refused(f"DescribeJobs takes at most {MAX_DESCRIBE} jobs, {len(wanted)} were given")
    with service.edit() as table:
        found = [(table.jobs.get(key.job), key.index) for key in map(Key.parse, wanted)]
        return {"jobs": [views.detail(j, i) for j, i in found if j is not None and j.spec.region == region and j.find(i) is not None]}


def list_jobs(service: Service, region: str, body: Body) -> Any:
    given = [k for k in ("jobQueue", "arrayJobId", "multiNodeJobId") if body.get(k)]
    if len(given) != 1:
        raise Refused("Exactly one of jobQueue, arrayJobId and multiNodeJobId must be specified")
    with service.edit() as table:
        if given[0] == "jobQueue":
            queue = _queue(region, body["jobQueue"])
            rows, token = listing.page_of_queue([j for j in table.jobs.values() if j.spec.queue == queue], body)
        else:
            job = table.jobs.get(Key.parse(body[given[0]]).job)
            if job is None:
                raise Refused(f"Job {body[given[0]]} does not exist")
            rows, token = listing.page_of_children(job, body) if given[0] == "arrayJobId" else ([], None)
        answer: dict[str, Any] = {"jobSummaryList": [views.summary(j, i) for j, i in rows]}
    return {**answer, "nextToken": token} if token else answer


def _queue(region: str, name: str) -> str:
    facts = world.queue_facts(region, name)
    if facts is None:
        raise Refused(f"Job queue {name} does not exist")
    return facts.arn


def queue_snapshot(service: Service, region: str, body: Body) -> Any:
    arn = _queue(region, str(body.get("jobQueue") or ""))
    with service.edit() as table:
        moment = now()
        rows: list[tuple[Job, int | None]] = []
        for job in [table.jobs[i] for i in table.live]:
            if job.spec.queue == arn and len(rows) < views.MAX_FRONT:
                rows += _runnable(job, views.MAX_FRONT)
        return views.front(rows, moment.ms)


def _runnable(job: Job, most: int) -> list[tuple[Job, int | None]]:
    if job.array is None:
        return [(job, None)] if job.unit.status is Status.RUNNABLE else []
    return [(job, index) for (_, index), _ in zip(listing.children(job, Status.RUNNABLE), range(most), strict=False)]


def cancel_job(service: Service, body: Body) -> Any:
    key, reason = _order(body)
    service.cancel(key, reason)
    return {}


def terminate_job(service: Service, body: Body) -> Any:
    key, reason = _order(body)
    service.terminate(key, reason)
    return {}


def _order(body: Body) -> tuple[Key, str]:
    if not body.get("jobId"):
        raise Refused("'jobId' is a required field (cannot be an empty string)")
    return Key.parse(body["jobId"]), _reason(body)


def _reason(body: Body) -> str:
    reason = str(body.get("reason") or "")
    if not reason:
        raise Refused("'reason' is a required field (cannot be an empty string)")
    if len(reason) > MAX_REASON:
        raise Refused(f"reason may have at most {MAX_REASON} characters")
    return reason


def cancel_jobs(service: Service, body: Body) -> Any:
    return _bulk(service, body, service.cancel)


def terminate_jobs(service: Service, body: Body) -> Any:
    return _bulk(service, body, service.terminate)


def _bulk(service: Service, body: Body, order: Callable[[Key, str], None]) -> Any:
    """Always answers 200; what went wrong is in `errors`, per job."""
    wanted, reason = list(body.get("jobs") or ()), _reason(body)
    if not 1 <= len(wanted) <= MAX_BULK:
        raise Refused(f"between 1 and {MAX_BULK} jobs may be given, not {len(wanted)}")
    done, errors = [], []
    for name in wanted:
        key = Key.parse(name)
        with service.edit() as table:
            known = table.get(key) is not None
        if known:
            order(key, reason)
            done.append(name)
        else:
            errors.append({"job": name, "code": "ClientException", "message": f"Job {name} does not exist"})
    return {"successful": done, "errors": errors}


def tag_job(service: Service, arn: str, tags: Mapping[str, str]) -> Any:
    bad = [k for k in tags if not k or len(k) > 128 or UNKNOWN_TAG.search(k) or k.lower().startswith("aws:")]
    if bad:
        raise Refused(f"tag key {bad[0]!r} is not valid")
    with service.edit() as table:
        job = _job(table.jobs, arn)
        job.tags.update({k: str(v) for k, v in tags.items()})
        table.notes.job(job)
    return {}


def untag_job(service: Service, arn: str, keys: list[str]) -> Any:
    with service.edit() as table:
        job = _job(table.jobs, arn)
        for key in keys:
            job.tags.pop(key, None)
        table.notes.job(job)
    return {}


def tags_of_job(service: Service, arn: str) -> Any:
    with service.edit() as table:
        return {"tags": dict(_job(table.jobs, arn).tags)}


def _job(jobs: Mapping[str, Job], arn: str) -> Job:
    job = jobs.get(Key.parse(arn).job)
    if job is None:
        raise Refused(f"Resource {arn} does not exist")
    return job


def reclaim(service: Service, body: Body) -> dict[str, Any]:
    """`POST /_sandbox/reclaim`: {"queue": name} | {"job": id} | {"all": true}, "grace_s", "force" for on-demand too."""
    if not (body.get("queue") or body.get("job") or body.get("all")):
        raise ValueError('name a "queue", a "job", or "all": true')
    keys = _targets(service, body, forced=bool(body.get("force")))
    service.reclaim(keys, float(body.get("grace_s", 2)))
    return {"reclaimed": [str(k) for k in keys]}


def kill_for_memory(service: Service, body: Body) -> dict[str, Any]:
    """`POST /_sandbox/oom`: SIGKILL as the kernel does when a container is over its memory."""
    if not (body.get("queue") or body.get("job") or body.get("all")):
        raise ValueError('name a "queue", a "job", or "all": true')
    keys = _targets(service, body, forced=True)
    service.kill_for_memory(keys)
    return {"killed": [str(k) for k in keys]}


def _targets(service: Service, body: Body, *, forced: bool) -> list[Key]:
    with service.edit() as table:
        found = stopping.targets(table, queue=body.get("queue"), job=body.get("job"), everything=bool(body.get("all")), forced=forced)
        return list(found)
