"""AWS Batch: a real scheduler instead of moto's, and the API's rules for queues, environments and definitions.

Settings (`POST /_sandbox/settings`): `batch_dwell_seconds`, `capacity_denied`, and in `extra`: `batch_time_scale` (how much
faster than the clock attempt timeouts and time limits of queues run), `batch_max_processes` (local processes at once,
default one per CPU; the vCPUs of environments are a separate limit), `batch_stop_timeout_seconds` (SIGTERM to SIGKILL, 30),
`batch_memory_limit_mib` (address space of a job, off), `batch_pull_error` (every pull fails with this text) and
`batch_any_image` (images outside the sandbox's ECR count as present).
Faults: `POST /_sandbox/reclaim` and `POST /_sandbox/oom` with {"job": id} | {"queue": name} | {"all": true}.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cosmosctl.sandbox import control, snapshot
from cosmosctl.sandbox.batch import api, pools
from cosmosctl.sandbox.batch.service import Service
from cosmosctl.sandbox.batch.submit import Refused
from cosmosctl.sandbox.routes import ApiError, RestRequest, route
from cosmosctl.sandbox.state import current

DEPENDS = ("ec2", "ecr", "iam", "logs", "secretsmanager", "ssm")
QUEUE_GONE = "Job queue has been deleted"
_services: list[Service] = []
Answer = Callable[[RestRequest], Any]


def service() -> Service:
    return _services[0]


def register() -> None:
    server = current()
    _services[:] = [Service(server, snapshot.journal())]
    for path, answer in (*_jobs(), *_pools()):
        route("batch", "POST", f"/v1/{path}", path)(_guarded(answer))
    _tags()
    control.on_reclaim(lambda body: api.reclaim(service(), body))
    control.add_command("oom", lambda body: api.kill_for_memory(service(), body))
    control.add_detail("batch", _facts)


def on_start() -> None:
    service().start()


def on_stop() -> None:
    service().stop()


def _facts() -> dict[str, int]:
    with service().edit() as table:
        return {"jobs": len(table.jobs), "live": len(table.live), "placed": sum(1 for _ in table.placed())}


def _jobs() -> list[tuple[str, Answer]]:
    reads = {"describejobs": api.describe_jobs, "listjobs": api.list_jobs, "getjobqueuesnapshot": api.queue_snapshot}
    orders = {
        "canceljob": api.cancel_job,
        "terminatejob": api.terminate_job,
        "canceljobs": api.cancel_jobs,
        "terminatejobs": api.terminate_jobs,
    }
    found: list[tuple[str, Answer]] = [(path, _read(call)) for path, call in reads.items()]
    found += [(path, _order(call)) for path, call in orders.items()]
    found.append(("submitjob", lambda r: api.submit_job(service(), r.region, r.body, len(r.call.body))))
    return found


def _read(call: Callable[[Service, str, Any], Any]) -> Answer:
    return lambda request: call(service(), request.region, request.body)


def _order(call: Callable[[Service, Any], Any]) -> Answer:
    return lambda request: call(service(), request.body)


def _pools() -> list[tuple[str, Answer]]:
    plain = {
        "createcomputeenvironment": pools.create_environment,
        "updatecomputeenvironment": pools.update_environment,
        "describecomputeenvironments": pools.describe_environments,
        "deletecomputeenvironment": pools.delete_environment,
        "createjobqueue": pools.create_queue,
        "updatejobqueue": pools.update_queue,
        "describejobqueues": pools.describe_queues,
        "describejobdefinitions": pools.describe_definitions,
    }
    found: list[tuple[str, Answer]] = [(path, _pool_call(call)) for path, call in plain.items()]
    found.append(("registerjobdefinition", lambda r: pools.register_definition(r.region, r.body, len(r.call.body))))
    found.append(("deletejobqueue", _delete_queue))
    return found


def _pool_call(call: Callable[[str, Any], Any]) -> Answer:
    return lambda request: call(request.region, request.body)


def _delete_queue(request: RestRequest) -> Any:
    arn = pools.delete_queue(request.region, request.body)
    if arn is not None:
        service().end_queue(arn, QUEUE_GONE)
    return {}


def _tags() -> None:
    pattern = r"/v1/tags/([^/]+(?:%3A|:)job(?:%2F|/)[^/]+)"
    route("batch", "GET", pattern, "ListTagsForResource")(_guarded_arn(lambda _, arn: api.tags_of_job(service(), arn)))
    route("batch", "POST", pattern, "TagResource")(_guarded_arn(lambda r, arn: api.tag_job(service(), arn, r.body.get("tags") or {})))
    route("batch", "DELETE", pattern, "UntagResource")(
        _guarded_arn(lambda r, arn: api.untag_job(service(), arn, list(r.query.get("tagKeys") or ())))
    )


def _guarded(answer: Answer) -> Answer:
    return lambda request: _call(lambda: answer(request))


def _guarded_arn(answer: Callable[[RestRequest, str], Any]) -> Callable[[RestRequest, str], Any]:
    return lambda request, arn: _call(lambda: answer(request, arn))


def _call(answer: Callable[[], Any]) -> Any:
    """Refusals of our own and of moto become the API's error answers."""
    from moto.core.exceptions import AWSError

    try:
        return answer()
    except Refused as error:
        raise ApiError("ClientException", str(error)) from error
    except AWSError as error:
        raise ApiError(str(error.TYPE), str(error.message)) from error
