"""The rest of the embedded AWS as the Batch scheduler needs it: queues, definitions, images, secrets, logs.

The only module of this package that reads moto's back ends. It must not decide anything about jobs.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from cosmosctl.sandbox.batch.placement import Environment, InstanceSize, Queue, TimeLimit
from cosmosctl.sandbox.batch.submit import Definition, QueueFacts
from cosmosctl.sandbox.state import ACCOUNT_ID, current

ECR_IMAGE = re.compile(r"(?P<account>\d{12})\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.amazonaws\.com/(?P<name>[^@:]+)(?P<by>[@:])(?P<ref>.+)")
UNLIMITED = 1_000_000


def backend(region: str) -> Any:
    from moto.batch.models import batch_backends

    return batch_backends[ACCOUNT_ID][region]


def queue(arn: str) -> Queue | None:
    found = backend(arn.split(":")[3]).get_job_queue(arn)
    if found is None:
        return None
    limits = getattr(found, "x_time_limits", None) or ()
    return Queue(
        found.arn,
        found.name,
        int(found.priority),
        tuple(_environment(found.backend, e) for e in found.environments),
        tuple(TimeLimit(x["reason"], float(x["maxTimeSeconds"])) for x in limits if x.get("state", "RUNNABLE") == "RUNNABLE"),
        _weights(found),
    )


def queue_facts(region: str, name: str) -> QueueFacts | None:
    found = backend(region).get_job_queue(name)
    return QueueFacts(found.arn, found.state == "ENABLED", bool(found.schedule_policy)) if found else None


def _weights(found: Any) -> dict[str, float] | None:
    policy = found.backend._scheduling_policies.get(found.schedule_policy) if found.schedule_policy else None
    if policy is None:
        return None
    shares = policy.fairshare_policy.get("shareDistribution") or ()
    return {s["shareIdentifier"]: float(s.get("weightFactor") or 1.0) for s in shares}


def _environment(owner: Any, found: Any) -> Environment:
    resources = found.compute_resources or {}
    kind = str(resources.get("type", "EC2"))
    return Environment(
        found.arn,
        found.state == "ENABLED",
        "spot" if "SPOT" in kind else "ondemand",
        float(resources.get("maxvCpus", UNLIMITED)),
        sizes(tuple(resources.get("instanceTypes") or ())) if "FARGATE" not in kind else (_anything(),),
        _zones(owner, tuple(resources.get("subnets") or ())),
    )


def _anything() -> InstanceSize:
    return InstanceSize("fargate", UNLIMITED, UNLIMITED * 1024, 0)


@lru_cache(maxsize=256)
def sizes(names: tuple[str, ...]) -> tuple[InstanceSize, ...]:
    """Instance types with families expanded."""
    from moto.ec2.models.instance_types import INSTANCE_TYPES

    wanted = ["c5", "m5", "r5"] if names == ("optimal",) else list(names)
    found = [t for name in wanted for t in ([name] if "." in name else [t for t in INSTANCE_TYPES if t.startswith(f"{name}.")])]
    return tuple(_size(t, INSTANCE_TYPES[t]) for t in dict.fromkeys(found) if t in INSTANCE_TYPES)


def _size(name: str, facts: Any) -> InstanceSize:
    gpus = sum(g.get("Count", 0) for g in (facts.get("GpuInfo") or {}).get("Gpus", ()))
    return InstanceSize(name, facts["VCpuInfo"]["DefaultVCpus"], facts["MemoryInfo"]["SizeInMiB"], gpus)


def _zones(owner: Any, subnets: tuple[str, ...]) -> tuple[str, ...]:
    known = {subnet.id: subnet.availability_zone for by_zone in owner.ec2_backend.subnets.values() for subnet in by_zone.values()}
    return tuple(dict.fromkeys(str(known[s]) for s in subnets if s in known))


def definition(region: str, name: str) -> Definition | None:
    """By ARN, `name:revision`, or name: then the newest revision that is still ACTIVE."""
    owner = backend(region)
    if ":" in name:
        found = owner.get_job_definition_by_arn(name) or _revision(owner, name)
    else:
        active = [d for d in owner._job_definitions.values() if d.name == name and d.status == "ACTIVE"]
        found = max(active, key=lambda d: d.revision, default=None)
    if found is None:
        return None
    return Definition(
        found.arn,
        found.status == "ACTIVE",
        found.container_properties,
        dict(found.parameters or {}),
        found.retry_strategy,
        found.timeout,
        tuple(found.platform_capabilities or ()),
        bool(found.propagate_tags),
        owner.list_tags_for_resource(found.arn),
        int(getattr(found, "x_priority", None) or 0),
    )


def _revision(owner: Any, name: str) -> Any:
    short, _, revision = name.rpartition("/")[2].partition(":")
    return owner.get_job_definition_by_name_revision(short, revision) if revision.isdigit() else None


class MotoCloud:
    """`containers.Cloud` over moto."""

    def image_problem(self, image: str) -> str | None:
        options = current().settings.extra
        if options.get("batch_pull_error"):
            return str(options["batch_pull_error"])
        if options.get("batch_any_image"):
            return None
        match = ECR_IMAGE.fullmatch(image)
        if match is None:
            return f"pull access denied for {image}: the sandbox only has the images of its own ECR repositories"
        from moto.ecr.models import ecr_backends

        repository = ecr_backends[ACCOUNT_ID][match["region"]].repositories.get(match["name"])
        images = repository.images if repository else ()
        if match["by"] == "@":
            there = any(i.get_image_digest() == match["ref"] for i in images)
        else:
            there = any(match["ref"] in i.image_tags for i in images)
        return None if there else f'failed to resolve reference "{image}": {image}: not found'

    def secret(self, region: str, reference: str) -> str | None:
        try:
            if ":secretsmanager:" in reference:
                return _secret_value(reference)
            from moto.ssm.models import ssm_backends

            found = ssm_backends[ACCOUNT_ID][region].get_parameter(reference)
            return str(found.value) if found else None
        except Exception:  # moto raises its own error types; all of them mean that there is no value
            return None

    def has_log_group(self, region: str, group: str) -> bool:
        from moto.logs.models import logs_backends

        return group in logs_backends[ACCOUNT_ID][region].groups


def _secret_value(reference: str) -> str | None:
    """`arn:...:secret:name-xxxxxx[:json-key[:stage[:version]]]`."""
    from moto.secretsmanager.models import secretsmanager_backends

    parts = reference.split(":")
    arn, (key, stage, version) = ":".join(parts[:7]), [*parts[7:], "", "", ""][:3]
    found = secretsmanager_backends[ACCOUNT_ID][parts[3]].get_secret_value(arn, version, stage)
    text = found.get("SecretString")
    if not text or not key:
        return text or None
    value = json.loads(text).get(key)
    return None if value is None else str(value)


def open_log(region: str, group: str, stream: str) -> None:
    from moto.logs.models import logs_backends

    owner = logs_backends[ACCOUNT_ID][region]
    if group not in owner.groups:
        owner.create_log_group(log_group_name=group, tags={})
    if stream not in owner.groups[group].streams:
        owner.create_log_stream(group, stream)


def write_log(region: str, group: str, stream: str, lines: Sequence[str]) -> None:
    """One call per batch of lines. A group that was deleted meanwhile loses them, as on AWS."""
    from moto.logs.models import logs_backends

    owner = logs_backends[ACCOUNT_ID][region]
    stamp = int(time.time() * 1000)
    if group in owner.groups and stream in owner.groups[group].streams:
        owner.put_log_events(group, stream, [{"timestamp": stamp, "message": line or " "} for line in lines])
