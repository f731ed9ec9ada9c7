"""What a container would be given: its command, environment and secrets; or why it cannot start.

Decides with the help of look-ups (`Cloud`) and starts nothing. It must not know moto.
"""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import cosmosctl
from cosmosctl.sandbox.batch.records import Exit, JobSpec, Key

NOT_STARTED = "Task failed to start"
DEFAULT_GROUP = "/aws/batch/job"
PYTHON = re.compile(r"python(3(\.\d+)?)?")
SYSTEM_PATH = "/usr/local/bin:/usr/bin:/bin"


class Cloud(Protocol):
    """What a container's start depends on. Each look-up returns None when there is no such thing."""

    def image_problem(self, image: str) -> str | None: ...

    def secret(self, region: str, reference: str) -> str | None: ...

    def has_log_group(self, region: str, group: str) -> bool: ...


@dataclass(frozen=True)
class Launch:
    argv: tuple[str, ...]
    env: Mapping[str, str]
    log_group: str
    log_stream: str


@dataclass(frozen=True)
class Site:
    """The machine on which the job is placed."""

    endpoint: str
    folder: Path
    queue: str
    environment: str
    attempt: int
    task: str


def prepare(spec: JobSpec, key: Key, site: Site, cloud: Cloud) -> Launch | Exit:
    """In the order of the ECS agent: image, secrets, log stream, command."""
    problem = cloud.image_problem(str(spec.container.get("image", "")))
    if problem:
        return Exit(None, NOT_STARTED, f"CannotPullContainerError: {problem}")
    secrets = _secrets(spec, cloud)
    if isinstance(secrets, Exit):
        return secrets
    group, stream = log_target(spec, site.task)
    if group != DEFAULT_GROUP and not cloud.has_log_group(spec.region, group):
        text = f"failed to create Cloudwatch log stream: ResourceNotFoundException: The specified log group does not exist: {group}"
        return Exit(None, NOT_STARTED, f"CannotStartContainerError: failed to initialize logging driver: {text}")
    env = {**environment(spec, key, site), **secrets}
    argv = command(spec, env["PATH"])
    if isinstance(argv, Exit):
        return argv
    return Launch(argv, env, group, stream)


def _secrets(spec: JobSpec, cloud: Cloud) -> dict[str, str] | Exit:
    values: dict[str, str] = {}
    for entry in spec.container.get("secrets") or ():
        value = cloud.secret(spec.region, entry["valueFrom"])
        if value is None:
            text = f"unable to pull secrets or registry auth: unable to retrieve secret from asm: {entry['valueFrom']}"
            return Exit(None, NOT_STARTED, f"ResourceInitializationError: {text}")
        values[entry["name"]] = value
    return values


def log_target(spec: JobSpec, task: str) -> tuple[str, str]:
    options = (spec.container.get("logConfiguration") or {}).get("options") or {}
    name = spec.definition.rpartition("/")[2].partition(":")[0]
    prefix = options.get("awslogs-stream-prefix") or name
    return options.get("awslogs-group") or DEFAULT_GROUP, f"{prefix}/default/{task}"


def command(spec: JobSpec, path: str) -> tuple[str, ...] | Exit:
    """The definition's command; `python` is this interpreter, since there is no image."""
    given = [str(part) for part in spec.container.get("command") or ()]
    if not given:
        return Exit(127, NOT_STARTED, "CannotStartContainerError: no command specified")
    if PYTHON.fullmatch(given[0]):
        return (sys.executable, *given[1:])
    if shutil.which(given[0], path=path) is None:
        text = f'exec: "{given[0]}": executable file not found in $PATH'
        return Exit(127, NOT_STARTED, f"CannotStartContainerError: Error response from daemon: {text}: unknown")
    return tuple(given)


def environment(spec: JobSpec, key: Key, site: Site) -> dict[str, str]:
    """A clean one: nothing of the user's shell, so no real profile or credential can be seen by a job."""
    empty = str(site.folder / ".aws-empty")
    env = {e["name"]: e["value"] for e in spec.container.get("environment") or ()}
    env.update(
        PATH=f"{Path(sys.executable).parent}:{SYSTEM_PATH}",
        HOME=str(site.folder),
        TMPDIR=str(site.folder),
        LANG="C.UTF-8",
        PYTHONUNBUFFERED="1",
        AWS_ENDPOINT_URL=site.endpoint,
        AWS_ACCESS_KEY_ID="sandbox",
        AWS_SECRET_ACCESS_KEY="sandbox",  # noqa: S106
        AWS_REGION=spec.region,
        AWS_DEFAULT_REGION=spec.region,
        AWS_EC2_METADATA_DISABLED="true",
        AWS_CONFIG_FILE=empty,
        AWS_SHARED_CREDENTIALS_FILE=empty,
        AWS_EXECUTION_ENV="AWS_ECS_EC2",
        AWS_BATCH_JOB_ID=str(key),
        AWS_BATCH_JOB_ATTEMPT=str(site.attempt),
        AWS_BATCH_JQ_NAME=site.queue,
        AWS_BATCH_CE_NAME=site.environment,
    )
    if key.index is not None:
        env.update(AWS_BATCH_JOB_ARRAY_INDEX=str(key.index), AWS_BATCH_JOB_ARRAY_SIZE=str(spec.size))
    home = Path(cosmosctl.__file__).resolve().parent.parent
    if home.name not in ("site-packages", "dist-packages"):
        env["PYTHONPATH"] = ":".join(p for p in (str(home), env.get("PYTHONPATH", "")) if p)
    return env
