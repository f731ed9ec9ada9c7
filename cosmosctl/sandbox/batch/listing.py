"""ListJobs: which jobs, in which order, in which page. Pure; it must not change a record."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from typing import Any

from cosmosctl.sandbox.batch.records import Job, Status
from cosmosctl.sandbox.batch.submit import Refused

PAGE = 1000
FILTERED_PAGE = 100
Row = tuple[Job, int | None]


def children(job: Job, status: Status | None) -> Iterator[tuple[int, int]]:
    """(position, index) of the children in a state, without touching those that share a record."""
    array = job.array
    if array is None:
        return
    if status is None or array.rest.status is status:
        indexes: Iterator[int] = iter(range(array.size))
    else:
        indexes = iter(sorted(array.children))
    for index in indexes:
        if status is None or array.unit(index).status is status:
            yield index, index


def page_of_children(job: Job, request: Mapping[str, Any]) -> tuple[list[Row], str | None]:
    after, limit = _token(request), _limit(request, PAGE)
    rows: list[Row] = []
    for position, index in children(job, status_of(request)):
        if position <= after:
            continue
        if len(rows) == limit:
            return rows, _next(rows[-1][1] or 0)
        rows.append((job, index))
    return rows, None


def page_of_queue(jobs: list[Job], request: Mapping[str, Any]) -> tuple[list[Row], str | None]:
    """`jobs` of one queue by age. With a filter the newest come first and the status is not looked at."""
    filters = request.get("filters") or []
    if len(filters) > 1:
        raise Refused("Only one filter can be used at a time")
    if filters:
        return _filtered(jobs, request, filters[0])
    status, after, limit = status_of(request), _token(request), _limit(request, PAGE)
    found = [j for j in jobs if j.unit.status is status and j.spec.sequence > after]
    return [(j, None) for j in found[:limit]], _next(found[limit - 1].spec.sequence) if len(found) > limit else None


def _filtered(jobs: list[Job], request: Mapping[str, Any], rule: Mapping[str, Any]) -> tuple[list[Row], str | None]:
    name, values = rule.get("name"), list(rule.get("values") or ())
    before, limit = _token(request), _limit(request, FILTERED_PAGE)
    if not values:
        raise Refused("A filter needs at least one value")
    status = status_of(request) if name == "SHARE_IDENTIFIER" and request.get("jobStatus") else None
    found = [
        j
        for j in reversed(jobs)
        if (before < 0 or j.spec.sequence < before) and status in (None, j.unit.status) and any(_passes(j, name, str(v)) for v in values)
    ]
    return [(j, None) for j in found[:limit]], _next(found[limit - 1].spec.sequence) if len(found) > limit else None


def _passes(job: Job, name: Any, value: str) -> bool:
    spec = job.spec
    if name == "JOB_NAME":
        return _glob(value.lower(), spec.name.lower())
    if name == "JOB_DEFINITION":
        short = spec.definition.rpartition("/")[2]
        return any(_glob(value, text) for text in (spec.definition, short, short.partition(":")[0]))
    if name == "SHARE_IDENTIFIER":
        return _glob(value, spec.share or "")
    if name in ("BEFORE_CREATED_AT", "AFTER_CREATED_AT"):
        if not value.isdigit():
            raise Refused(f"{name} takes milliseconds since 1970, not {value}")
        return spec.created_ms < int(value) if name == "BEFORE_CREATED_AT" else spec.created_ms > int(value)
    raise Refused(f"Filter {name} is not one of JOB_NAME, JOB_DEFINITION, SHARE_IDENTIFIER, BEFORE_CREATED_AT, AFTER_CREATED_AT")


def _glob(pattern: str, text: str) -> bool:
    return text.startswith(pattern[:-1]) if pattern.endswith("*") else text == pattern


def status_of(request: Mapping[str, Any]) -> Status:
    """RUNNING unless told otherwise: the API's default that surprises everybody."""
    name = request.get("jobStatus") or "RUNNING"
    if name not in Status.__members__:
        raise Refused(f"Job status {name} is not one of {' | '.join(Status)}")
    return Status(name)


def _limit(request: Mapping[str, Any], most: int) -> int:
    wanted = request.get("maxResults")
    if wanted is None:
        return most
    if int(wanted) < 1:
        raise Refused("maxResults must be at least 1")
    return min(int(wanted), most)


def _next(position: int) -> str:
    return base64.urlsafe_b64encode(f"after:{position}".encode()).decode()


def _token(request: Mapping[str, Any]) -> int:
    raw = request.get("nextToken")
    if not raw:
        return -1
    try:
        return int(base64.urlsafe_b64decode(raw.encode()).decode().removeprefix("after:"))
    except ValueError as error:
        raise Refused("nextToken is not valid") from error
