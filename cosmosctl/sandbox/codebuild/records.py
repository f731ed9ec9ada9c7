"""Projects and builds as CodeBuild shows them. Pure: dictionaries in the wire's own words, because moto keeps them so."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

KEPT = (
    "encryptionKey",
    "description",
    "source",
    "artifacts",
    "environment",
    "serviceRole",
    "tags",
    "cache",
    "timeoutInMinutes",
    "queuedTimeoutInMinutes",
    "sourceVersion",
    "logsConfig",
    "vpcConfig",
    "concurrentBuildLimit",
    "fileSystemLocations",
    "secondarySources",
    "secondaryArtifacts",
    "secondarySourceVersions",
    "buildBatchConfig",
)
PHASES = ("PROVISIONING", "DOWNLOAD_SOURCE", "INSTALL", "PRE_BUILD", "BUILD", "POST_BUILD", "UPLOAD_ARTIFACTS", "FINALIZING")
Param = Callable[[str], Any]


def keep(project: dict[str, Any], param: Param, now: float) -> dict[str, Any]:
    """Create and update alike: what is given replaces what was there."""
    for name in KEPT:
        value = param(name)
        if value is not None:
            project[name] = value
    for variable in project.get("environment", {}).get("environmentVariables") or ():
        variable.setdefault("type", "PLAINTEXT")
    project["lastModifiedDate"] = now
    return project


def new_build(project: Mapping[str, Any], ident: str, number: int, param: Param, now: float) -> dict[str, Any]:
    """A build that has just been asked for, with the overrides of the request."""
    arn = str(project["arn"]).replace(":project/", ":build/").rpartition("/")[0]
    return {
        "id": ident,
        "arn": f"{arn}/{ident}",
        "buildNumber": number,
        "startTime": now,
        "currentPhase": "QUEUED",
        "buildStatus": "IN_PROGRESS",
        "buildComplete": False,
        "projectName": project["name"],
        "initiator": "sandbox",
        "phases": [_phase("SUBMITTED", now, "SUCCEEDED"), {"phaseType": "QUEUED", "startTime": now}],
        "source": _source(project, param),
        "sourceVersion": param("sourceVersion") or project.get("sourceVersion"),
        "environment": _environment(project, param),
        "artifacts": {"location": ""},
        "cache": param("cacheOverride") or project.get("cache"),
        "serviceRole": param("serviceRoleOverride") or project.get("serviceRole"),
        "encryptionKey": param("encryptionKeyOverride") or project.get("encryptionKey"),
        "timeoutInMinutes": param("timeoutInMinutesOverride") or project.get("timeoutInMinutes") or 60,
        "queuedTimeoutInMinutes": param("queuedTimeoutInMinutesOverride") or project.get("queuedTimeoutInMinutes") or 480,
        "logs": _logs(project, ident, param),
    }


def _source(project: Mapping[str, Any], param: Param) -> dict[str, Any]:
    source = dict(project.get("source") or {})
    overrides = {"type": "sourceTypeOverride", "location": "sourceLocationOverride", "buildspec": "buildspecOverride"}
    source.update({name: param(key) for name, key in overrides.items() if param(key)})
    return source


def _environment(project: Mapping[str, Any], param: Param) -> dict[str, Any]:
    environment = dict(project.get("environment") or {})
    overrides = {"image": "imageOverride", "computeType": "computeTypeOverride", "type": "environmentTypeOverride"}
    environment.update({name: param(key) for name, key in overrides.items() if param(key)})
    variables = {v["name"]: {"type": "PLAINTEXT", **v} for v in environment.get("environmentVariables") or ()}
    variables.update({v["name"]: {"type": "PLAINTEXT", **v} for v in param("environmentVariablesOverride") or ()})
    environment["environmentVariables"] = list(variables.values())
    return environment


def _logs(project: Mapping[str, Any], ident: str, param: Param) -> dict[str, Any]:
    config = ((param("logsConfigOverride") or project.get("logsConfig") or {}).get("cloudWatchLogs")) or {}
    group = config.get("groupName") or f"/aws/codebuild/{project['name']}"
    stream = "/".join(part for part in (config.get("streamName"), ident.rpartition(":")[2]) if part)
    base = str(project["arn"]).partition(":project/")[0].replace(":codebuild:", ":logs:")
    region = base.split(":")[3]
    return {
        "groupName": group,
        "streamName": stream,
        "deepLink": f"https://console.aws.amazon.com/cloudwatch/home?region={region}#logEvent:group={group};stream={stream}",
        "cloudWatchLogsArn": f"{base}:log-group:{group}:log-stream:{stream}",
        "cloudWatchLogs": {"status": config.get("status", "ENABLED"), "groupName": group},
        "s3Logs": {"status": "DISABLED", "encryptionDisabled": False},
    }


def variables(build: Mapping[str, Any]) -> dict[str, str]:
    entries = build["environment"].get("environmentVariables") or ()
    return {v["name"]: v["value"] for v in entries if v.get("type", "PLAINTEXT") == "PLAINTEXT"}


def _phase(name: str, now: float, status: str) -> dict[str, Any]:
    return {"phaseType": name, "phaseStatus": status, "startTime": now, "endTime": now, "durationInSeconds": 0}


def begin(build: dict[str, Any], phase: str, now: float) -> None:
    build["phases"].append({"phaseType": phase, "startTime": now})
    build["currentPhase"] = phase


def close(build: dict[str, Any], now: float, status: str = "SUCCEEDED", code: str = "", message: str = "") -> None:
    """Ends the phase that is open."""
    last = build["phases"][-1]
    last.update(phaseStatus=status, endTime=now, durationInSeconds=max(0, round(now - last["startTime"])))
    if code:
        last["contexts"] = [{"statusCode": code, "message": message}]


def complete(build: dict[str, Any], status: str, now: float) -> None:
    build.update(buildStatus=status, buildComplete=True, currentPhase="COMPLETED", endTime=now)
    build["phases"].append({"phaseType": "COMPLETED", "startTime": now})


def restart(build: dict[str, Any], now: float) -> None:
    """A build that was under way when the server ended begins again."""
    build["phases"] = [_phase("SUBMITTED", now, "SUCCEEDED"), {"phaseType": "QUEUED", "startTime": now}]
    build["currentPhase"] = "QUEUED"
