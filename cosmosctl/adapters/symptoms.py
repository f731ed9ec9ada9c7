"""Reads what is wrong, or not, from Batch, EFS and CodeBuild. Shapes only: no judgement, and never a write."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from botocore.exceptions import ClientError

from cosmosctl.adapters.aws_calls import code_of, gone_is_fine
from cosmosctl.adapters.facts import ask
from cosmosctl.ports.aws import AwsSession
from cosmosctl.ports.facts import Lookup
from cosmosctl.ports.symptoms import Attempt, BuildView, FileSystem, HostPool, JobView, MountTarget

OF_INTEREST = ("RUNNABLE", "FAILED", "STARTING", "PENDING")
IDS_PER_CALL = 100
CHILDREN = 20
NFS = 2049
_CUT = 500


class AwsSymptoms:
    """`ports.symptoms.Symptoms` over one session."""

    def __init__(self, session: AwsSession) -> None:
        self._session = session

    def hosts(self, names: Sequence[str]) -> Lookup[tuple[HostPool, ...]]:
        def read() -> tuple[HostPool, ...]:
            if not names:
                return ()
            batch = self._session.client("batch")
            found = batch.describe_compute_environments(computeEnvironments=list(names))["computeEnvironments"]
            return tuple(_host_pool(item) for item in sorted(found, key=lambda item: str(item["computeEnvironmentName"])))

        return ask("batch:DescribeComputeEnvironments", read)

    def jobs(self, queues: Sequence[str], name_prefix: str, limit: int) -> Lookup[tuple[JobView, ...]]:
        def read() -> tuple[JobView, ...]:
            client = self._session.client("batch")
            places = [(queue, status) for queue in queues for status in OF_INTEREST]
            found = [item for queue, status in places for item in _summaries(client, limit, jobQueue=queue, jobStatus=status)]
            wanted = [item for item in found if item["jobName"].startswith(name_prefix)]
            newest = sorted(wanted, key=lambda item: -int(item.get("createdAt", 0)))[:limit]
            return _with_children(client, [item["jobId"] for item in newest], limit)

        return ask("batch:ListJobs", read)

    def jobs_of(self, job_ids: Sequence[str], limit: int) -> Lookup[tuple[JobView, ...]]:
        return ask("batch:DescribeJobs", lambda: _with_children(self._session.client("batch"), job_ids, limit))

    def file_system(self, file_system_id: str) -> Lookup[FileSystem]:
        return ask("elasticfilesystem:DescribeMountTargets", lambda: self._file_system(file_system_id))

    def _file_system(self, file_system_id: str) -> FileSystem:
        efs = self._session.client("efs")
        try:
            state = efs.describe_file_systems(FileSystemId=file_system_id)["FileSystems"][0]["LifeCycleState"]
        except ClientError as error:
            if code_of(error) != "FileSystemNotFound":
                raise
            return FileSystem(file_system_id, exists=False)
        targets = efs.describe_mount_targets(FileSystemId=file_system_id)["MountTargets"]
        mounts = tuple(_mount(efs, item) for item in sorted(targets, key=lambda item: str(item["MountTargetId"])))
        groups = sorted({group for mount in mounts for group in mount.security_groups})
        return FileSystem(file_system_id, True, state, mounts, self._nfs_sources(groups))

    def _nfs_sources(self, groups: Sequence[str]) -> Mapping[str, frozenset[str]]:
        if not groups:
            return {}
        wanted = [{"Name": "group-id", "Values": list(groups)}]
        found = self._session.client("ec2").describe_security_groups(Filters=wanted)["SecurityGroups"]
        return {item["GroupId"]: frozenset(_sources(item.get("IpPermissions", ()))) for item in found}

    def latest_build(self, project: str, lines: int) -> Lookup[BuildView | None]:
        return ask("codebuild:BatchGetBuilds", lambda: self._latest_build(project, lines))

    def _latest_build(self, project: str, lines: int) -> BuildView | None:
        codebuild = self._session.client("codebuild")
        with gone_is_fine("ResourceNotFoundException"):
            ids = codebuild.list_builds_for_project(projectName=project, sortOrder="DESCENDING")["ids"][:20]
            builds = codebuild.batch_get_builds(ids=ids)["builds"] if ids else []
            if builds:
                newest = max(builds, key=lambda item: (item.get("buildNumber", 0), str(item.get("startTime", ""))))
                tail = self._tail(newest.get("logs") or {}, lines)
                return BuildView(newest["id"], newest["buildStatus"], newest.get("currentPhase", ""), tail)
        return None

    def _tail(self, logs: Mapping[str, Any], lines: int) -> tuple[str, ...]:
        group, stream = logs.get("groupName"), logs.get("streamName")
        if not group or not stream:
            return ()
        with gone_is_fine("ResourceNotFoundException"):
            client = self._session.client("logs")
            events = client.get_log_events(logGroupName=group, logStreamName=stream, limit=lines, startFromHead=False)["events"]
            return tuple(str(event["message"]).rstrip("\n")[:_CUT] for event in events[-lines:])
        return ()


def _summaries(client: Any, limit: int, **where: str) -> Iterator[dict[str, Any]]:
    pages = client.get_paginator("list_jobs").paginate(**where, PaginationConfig={"MaxItems": limit, "PageSize": min(limit, 100)})
    for page in pages:
        yield from page["jobSummaryList"]


def _with_children(client: Any, job_ids: Sequence[str], limit: int) -> tuple[JobView, ...]:
    """Parents of arrays say only that children failed; why is with the children."""
    jobs = _described(client, job_ids[:limit])
    children = [
        child["jobId"]
        for job in jobs
        if job.children
        for status in ("FAILED", "RUNNABLE")
        for child in _summaries(client, CHILDREN, arrayJobId=job.id, jobStatus=status)
    ]
    return (*jobs, *_described(client, children[:limit]))


def _described(client: Any, job_ids: Sequence[str]) -> list[JobView]:
    parts = [list(job_ids[start : start + IDS_PER_CALL]) for start in range(0, len(job_ids), IDS_PER_CALL)]
    return [_job(item) for part in parts for item in client.describe_jobs(jobs=part)["jobs"]]


def _job(item: Mapping[str, Any]) -> JobView:
    container = item.get("container") or {}
    asked = {entry["type"]: float(entry["value"]) for entry in container.get("resourceRequirements", ())}
    options = (container.get("logConfiguration") or {}).get("options") or {}
    return JobView(
        item["jobId"],
        item["jobName"],
        item["status"],
        item.get("statusReason", ""),
        item.get("jobQueue", "").rpartition("/")[2],
        tuple(_attempt(entry) for entry in item.get("attempts", ())),
        int(item.get("createdAt") or 0),
        asked.get("VCPU", float(container.get("vcpus") or 0)),
        int(asked.get("MEMORY", container.get("memory") or 0)),
        int(asked.get("GPU", 0)),
        options.get("awslogs-group", "/aws/batch/job"),
        container.get("logStreamName", ""),
        int((item.get("arrayProperties") or {}).get("size") or 0),
        bool(item.get("isTerminated") or item.get("isCancelled")),
    )


def _attempt(entry: Mapping[str, Any]) -> Attempt:
    container = entry.get("container") or {}
    return Attempt(container.get("exitCode"), str(container.get("reason", "")), str(entry.get("statusReason", "")))


def _host_pool(item: Mapping[str, Any]) -> HostPool:
    resources = item.get("computeResources") or {}
    return HostPool(
        item["computeEnvironmentName"],
        item.get("state", ""),
        item.get("status", ""),
        item.get("statusReason", ""),
        "spot" if resources.get("type") == "SPOT" else "ondemand",
        tuple(resources.get("instanceTypes", ())),
        int(resources.get("maxvCpus") or 0),
        int(resources.get("desiredvCpus") or 0),
        tuple(resources.get("subnets", ())),
        tuple(resources.get("securityGroupIds", ())),
    )


def _mount(efs: Any, item: Mapping[str, Any]) -> MountTarget:
    groups = efs.describe_mount_target_security_groups(MountTargetId=item["MountTargetId"])["SecurityGroups"]
    return MountTarget(item["MountTargetId"], item["LifeCycleState"], item["SubnetId"], item.get("AvailabilityZoneName", ""), tuple(groups))


def _sources(permissions: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Groups and blocks that a rule lets through to the NFS port."""
    for rule in permissions:
        everything = str(rule.get("IpProtocol")) == "-1"
        tcp = str(rule.get("IpProtocol")) == "tcp"
        if everything or (tcp and rule.get("FromPort", 0) <= NFS <= rule.get("ToPort", 65535)):
            yield from (pair["GroupId"] for pair in rule.get("UserIdGroupPairs", ()))
            yield from (block["CidrIp"] for block in rule.get("IpRanges", ()))
