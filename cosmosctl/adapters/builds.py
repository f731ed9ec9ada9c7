"""ECR and CodeBuild through boto3. Knows nothing of what is in an image."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cosmosctl.adapters.aws_calls import aws, gone_is_fine
from cosmosctl.ports.aws import AwsSession
from cosmosctl.ports.builds import BuildState

RECENT = 20
DELETE_BATCH = 100
FAILED_PHASE = frozenset({"FAILED", "FAULT", "TIMED_OUT", "CLIENT_ERROR"})


class AwsBuilds:
    """`ports.builds.Builds` over one session."""

    def __init__(self, session: AwsSession) -> None:
        self._session = session
        self._ecr = session.client("ecr")
        self._codebuild = session.client("codebuild")

    def digest(self, repository: str, tag: str) -> str | None:
        with aws("ecr:DescribeImages", repository), gone_is_fine("ImageNotFoundException", "RepositoryNotFoundException"):
            details = self._ecr.describe_images(repositoryName=repository, imageIds=[{"imageTag": tag}])["imageDetails"]
            return str(details[0]["imageDigest"]) if details else None
        return None

    def digest_exists(self, repository: str, digest: str) -> bool:
        with aws("ecr:DescribeImages", repository), gone_is_fine("ImageNotFoundException", "RepositoryNotFoundException"):
            return bool(self._ecr.describe_images(repositoryName=repository, imageIds=[{"imageDigest": digest}])["imageDetails"])
        return False

    def start(self, project: str, *, source: str, environment: Mapping[str, str]) -> str:
        variables = [{"name": key, "value": value, "type": "PLAINTEXT"} for key, value in environment.items()]
        with aws("codebuild:StartBuild", project):
            build = self._codebuild.start_build(
                projectName=project, sourceTypeOverride="S3", sourceLocationOverride=source, environmentVariablesOverride=variables
            )["build"]
        return str(build["id"])

    def running(self, project: str, variable: str, value: str) -> str | None:
        with aws("codebuild:ListBuildsForProject", project):
            ids = self._codebuild.list_builds_for_project(projectName=project, sortOrder="DESCENDING")["ids"][:RECENT]
            builds = self._codebuild.batch_get_builds(ids=ids)["builds"] if ids else []
        for build in builds:
            variables = {item["name"]: item["value"] for item in build.get("environment", {}).get("environmentVariables", [])}
            if build["buildStatus"] == "IN_PROGRESS" and variables.get(variable) == value:
                return str(build["id"])
        return None

    def state(self, build_id: str) -> BuildState:
        with aws("codebuild:BatchGetBuilds", build_id):
            build = self._codebuild.batch_get_builds(ids=[build_id])["builds"][0]
        logs = build.get("logs") or {}
        return BuildState(build_id, build["buildStatus"], _phase(build), logs.get("groupName", ""), logs.get("streamName", ""))

    def log_tail(self, build: BuildState, lines: int) -> Sequence[str]:
        if not build.log_group or not build.log_stream:
            return []
        with aws("logs:GetLogEvents", build.log_group), gone_is_fine("ResourceNotFoundException"):
            events = self._session.client("logs").get_log_events(
                logGroupName=build.log_group, logStreamName=build.log_stream, limit=lines, startFromHead=False
            )["events"]
            return [str(event["message"]).rstrip("\n") for event in events][-lines:]
        return []

    def delete_images(self, repository: str) -> int:
        removed = 0
        with aws("ecr:BatchDeleteImage", repository), gone_is_fine("RepositoryNotFoundException"):
            ids = [item for page in self._ecr.get_paginator("list_images").paginate(repositoryName=repository) for item in page["imageIds"]]
            for start in range(0, len(ids), DELETE_BATCH):
                self._ecr.batch_delete_image(repositoryName=repository, imageIds=ids[start : start + DELETE_BATCH])
                removed += len(ids[start : start + DELETE_BATCH])
        return removed


def _phase(build: Mapping[str, Any]) -> str:
    """The phase that failed; `currentPhase` of a build that has ended says COMPLETED, whatever happened."""
    failed = (item["phaseType"] for item in build.get("phases", ()) if item.get("phaseStatus") in FAILED_PHASE)
    return str(next(failed, build.get("currentPhase", "")))
