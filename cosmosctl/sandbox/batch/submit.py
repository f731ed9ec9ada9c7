"""From a SubmitJob request to a job record, or to the API's refusal.

Pure: takes the request, the definition and the queue as data. It must not know moto, only the shape of its answers.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from cosmosctl.sandbox.batch import retry
from cosmosctl.sandbox.batch.records import Dependency, Job, JobSpec, Key, Needs, Retry

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,127}")
SHARE = re.compile(r"[A-Za-z0-9_-]{1,255}")
MAX_PAYLOAD = 30 * 1024
MAX_DEPENDENCIES = 20
ARRAY_SIZES = (2, 10_000)
MIN_TIMEOUT_S = 60


class Refused(Exception):
    """The request breaks a rule of the API; answered as ClientException."""


@dataclass(frozen=True)
class Definition:
    arn: str
    active: bool
    container: Mapping[str, Any] | None
    parameters: Mapping[str, str] = field(default_factory=dict)
    retry: Mapping[str, Any] | None = None
    timeout: Mapping[str, Any] | None = None
    platforms: Sequence[str] = ()
    propagate_tags: bool = False
    tags: Mapping[str, str] = field(default_factory=dict)
    priority: int = 0


@dataclass(frozen=True)
class QueueFacts:
    arn: str
    enabled: bool
    shared: bool  # has a scheduling policy


@dataclass(frozen=True)
class Ticket:
    """What a new job is given by the scheduler."""

    id: str
    sequence: int
    region: str
    account: str
    created_ms: int


def check_size(size: int) -> None:
    if size > MAX_PAYLOAD:
        raise Refused(f"Request payload of {size} bytes exceeds the limit of {MAX_PAYLOAD} bytes")


def build(
    request: Mapping[str, Any],
    definition: Definition | None,
    queue: QueueFacts | None,
    find: Callable[[str], Job | None],
    ticket: Ticket,
) -> JobSpec:
    """The record of a valid request. Raises `Refused`."""
    if not NAME.fullmatch(request.get("jobName") or ""):
        raise Refused("Job name should match valid pattern ^[A-Za-z0-9][A-Za-z0-9_-]{0,127}$")
    if definition is None or not definition.active:
        raise Refused(f"JobDefinition with {request.get('jobDefinition')} does not exist or is not ACTIVE")
    if definition.container is None:
        raise Refused("only job definitions with containerProperties can run here")
    arn = _check_queue(request, queue)
    size = _array_size(request)
    depends = _dependencies(request, size, find)
    parameters = {**definition.parameters, **(request.get("parameters") or {})}
    container = _container(definition.container, request, parameters)
    return JobSpec(
        id=ticket.id,
        sequence=ticket.sequence,
        region=ticket.region,
        account=ticket.account,
        created_ms=ticket.created_ms,
        name=request["jobName"],
        queue=arn,
        definition=definition.arn,
        container=container,
        parameters=parameters,
        needs=needs_of(container),
        retry=_strategy(request.get("retryStrategy") or definition.retry),
        timeout_s=timeout_of(request.get("timeout") or definition.timeout),
        depends=depends,
        size=size,
        share=request.get("shareIdentifier"),
        priority=int(request.get("schedulingPriorityOverride") or definition.priority),
        platforms=tuple(definition.platforms) or ("EC2",),
        propagate_tags=bool(request.get("propagateTags", definition.propagate_tags)),
    )


def _container(base: Mapping[str, Any], request: Mapping[str, Any], parameters: Mapping[str, str]) -> dict[str, Any]:
    merged = merged_container(base, request.get("containerOverrides") or {})
    merged["command"] = [fill(part, parameters) for part in merged.get("command") or ()]
    return merged


def _strategy(raw: Mapping[str, Any] | None) -> Retry:
    try:
        return retry.parse(raw)
    except ValueError as error:
        raise Refused(str(error)) from error


def _check_queue(request: Mapping[str, Any], queue: QueueFacts | None) -> str:
    if queue is None:
        raise Refused(f"Job queue {request.get('jobQueue')} does not exist")
    if not queue.enabled:
        raise Refused(f"Cannot submit, Job Queue ({queue.arn}) is not in the ENABLED state")
    share = request.get("shareIdentifier")
    if queue.shared and not share:
        raise Refused("A shareIdentifier must be specified for a job queue with a scheduling policy")
    if not queue.shared and share:
        raise Refused("shareIdentifier is only allowed for a job queue with a scheduling policy")
    if share and not SHARE.fullmatch(share):
        raise Refused(f"shareIdentifier {share} is not valid")
    return queue.arn


def _array_size(request: Mapping[str, Any]) -> int:
    raw = (request.get("arrayProperties") or {}).get("size")
    if raw is None:
        return 0
    low, high = ARRAY_SIZES
    if not low <= int(raw) <= high:
        raise Refused(f"Array size must be between {low} and {high}, {raw} was given")
    return int(raw)


def _dependencies(request: Mapping[str, Any], size: int, find: Callable[[str], Job | None]) -> tuple[Dependency, ...]:
    raw = request.get("dependsOn") or []
    if len(raw) > MAX_DEPENDENCIES:
        raise Refused(f"A job may have at most {MAX_DEPENDENCIES} dependencies, {len(raw)} were given")
    return tuple(_dependency(item, size, find) for item in raw)


def _dependency(item: Mapping[str, Any], size: int, find: Callable[[str], Job | None]) -> Dependency:
    job_id, kind = item.get("jobId"), item.get("type")
    if kind == "SEQUENTIAL":
        if job_id or not size:
            raise Refused("A SEQUENTIAL dependency needs an array job and takes no jobId")
        return Dependency(None, kind)
    if not job_id:
        raise Refused("A dependency without type SEQUENTIAL needs a jobId")
    key = Key.parse(job_id)
    other = find(key.job)
    if other is None or other.find(key.index) is None:
        raise Refused(f"Dependent job {job_id} does not exist")
    if kind == "N_TO_N" and (key.index is not None or not size or other.spec.size != size):
        raise Refused(f"An N_TO_N dependency needs two array jobs of the same size; {job_id} has {other.spec.size}, this one {size}")
    if kind not in (None, "N_TO_N"):
        raise Refused(f"Dependency type {kind} is not one of N_TO_N, SEQUENTIAL")
    return Dependency(str(key), kind)


def merged_container(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """The definition's container with the overrides of this submission."""
    merged = copy.deepcopy(dict(base))
    for name in ("command", "instanceType"):
        if over.get(name):
            merged[name] = over[name]
    for entry in over.get("environment") or ():
        if str(entry.get("name", "")).startswith("AWS_BATCH"):
            raise Refused(f"Environment variable names may not start with AWS_BATCH: {entry['name']}")
    merged["environment"] = _override(merged.get("environment"), over.get("environment"), "name")
    merged["resourceRequirements"] = _override(merged.get("resourceRequirements"), over.get("resourceRequirements"), "type")
    for old, kind in (("vcpus", "VCPU"), ("memory", "MEMORY")):
        value = over.get(old) or merged.pop(old, None)
        if value and not any(r["type"] == kind for r in merged["resourceRequirements"]):
            merged["resourceRequirements"].append({"type": kind, "value": str(value)})
    return merged


def _override(base: Any, over: Any, key: str) -> list[dict[str, str]]:
    entries = {e[key]: dict(e) for e in base or ()}
    entries.update({e[key]: dict(e) for e in over or ()})
    return list(entries.values())


def needs_of(container: Mapping[str, Any]) -> Needs:
    values = {r["type"]: r["value"] for r in container.get("resourceRequirements") or ()}
    return Needs(float(values.get("VCPU", 1)), int(values.get("MEMORY", 0)), int(values.get("GPU", 0)))


def timeout_of(raw: Mapping[str, Any] | None) -> int | None:
    seconds = (raw or {}).get("attemptDurationSeconds")
    if seconds is None:
        return None
    if int(seconds) < MIN_TIMEOUT_S:
        raise Refused(f"attemptDurationSeconds must be at least {MIN_TIMEOUT_S}, {seconds} was given")
    return int(seconds)


def fill(part: str, parameters: Mapping[str, str]) -> str:
    """`Ref::name` becomes the parameter's value; an unknown name stays as it is."""
    return re.sub(r"Ref::([A-Za-z0-9_-]+)", lambda m: str(parameters.get(m[1], m[0])), part)
