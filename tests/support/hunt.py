"""Looks for planted secrets: in every process that a deployment starts, in every file, in everything that AWS stores.

A value also counts as found inside a zip or gzip, or in base64 at any alignment.
"""

from __future__ import annotations

import base64
import gzip
import io
import json
import os
import threading
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from tests.support.deployment import Deployed

POLL_S = 0.03
SERVER_MEMORY = ("state.snapshot",)  # AWS's own memory: Secrets Manager is in it


def forms(value: str) -> set[bytes]:
    """The value as it is, quoted, and the part of its base64 that does not depend on what stands around it."""
    raw = value.encode()
    found = {raw, quote(value, safe="").encode()}
    for shift in range(3):
        text = base64.b64encode(b"x" * shift + raw)
        found.add(text[4 if shift else 0 : len(text) // 4 * 4 - 4])
    return {form for form in found if len(form) >= 12}


class Needles:
    def __init__(self, values: Mapping[str, str]) -> None:
        self._forms = {name: forms(value) for name, value in values.items()}

    def found_in(self, body: bytes) -> set[str]:
        return {name for name, variants in self._forms.items() for part in opened(body) if any(form in part for form in variants)}


def opened(body: bytes) -> Iterator[bytes]:
    """The bytes, and what they hold when they are an archive."""
    yield body
    if body[:2] == b"\x1f\x8b":
        with suppress(OSError, EOFError, zlib.error):
            yield gzip.decompress(body)
    if body[:2] == b"PK":
        with suppress(zipfile.BadZipFile), zipfile.ZipFile(io.BytesIO(body)) as archive:
            for name in archive.namelist():
                yield archive.read(name)


@dataclass
class Watch:
    """Samples command line and environment of every process that knows or works in the deployment's folder."""

    home: Path
    needles: Needles
    argv: set[str] = field(default_factory=set)  # "needle: command line"
    environ: set[str] = field(default_factory=set)
    programs: set[str] = field(default_factory=set)
    _stop: threading.Event = field(default_factory=threading.Event)
    _seen: set[tuple[str, bytes]] = field(default_factory=set)
    _thread: threading.Thread | None = None

    def __enter__(self) -> Watch:
        self._thread = threading.Thread(target=self._run, name="watch", daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._stop.set()
        if self._thread:
            self._thread.join(10)

    def _run(self) -> None:
        while not self._stop.wait(POLL_S):
            self.sample()

    def sample(self) -> None:
        for entry in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                line = (entry / "cmdline").read_bytes()
                if line and (entry.name, line) not in self._seen:
                    self._look(entry, line)

    def _look(self, entry: Path, line: bytes) -> None:
        environ = (entry / "environ").read_bytes()
        if any(str(self.home).encode() in place for place in (environ, line, os.readlink(entry / "cwd").encode())):
            words = [word.decode(errors="replace") for word in line.split(b"\0") if word]
            command = " ".join(words)
            self.programs.add(_program(words))
            self.argv |= {f"{name}: {command}" for name in self.needles.found_in(line)}
            self.environ |= {f"{name}: {command}" for name in self.needles.found_in(environ)}
        if environ:  # empty while the process is being made, or has ended
            self._seen.add((entry.name, line))


def _program(words: list[str]) -> str:
    if "-m" in words[:-1]:
        return words[words.index("-m") + 1]
    return Path(words[0]).name


def in_files(folder: Path, needles: Needles) -> list[str]:
    """Every file below the folder but the embedded AWS's own memory."""
    return [
        f"{name}: {path.relative_to(folder)}"
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.startswith(SERVER_MEMORY)
        for name in sorted(needles.found_in(path.read_bytes()))
    ]


def in_buckets(made: Deployed, needles: Needles) -> list[str]:
    """Every version of every object of every bucket, with its metadata."""
    s3 = made.aws("s3")
    found, looked = [], 0
    for bucket in [item["Name"] for item in s3.list_buckets()["Buckets"]]:
        for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
            for item in page.get("Versions", []):
                got = s3.get_object(Bucket=bucket, Key=item["Key"], VersionId=item["VersionId"])
                text = json.dumps([item["Key"], got["Metadata"]]).encode()
                looked += 1
                found += [f"{name}: s3://{bucket}/{item['Key']}" for name in needles.found_in(text + b"\n" + got["Body"].read())]
    assert looked > 20, f"only {looked} versions were looked at"
    return found


def in_services(made: Deployed, needles: Needles) -> list[str]:
    """What Batch, CodeBuild, CloudWatch Logs, EC2 and IAM tell about the deployment, jobs and logs included."""
    return [f"{name}: {service}" for service, body in _answers(made) for name in needles.found_in(body)]


def _answers(made: Deployed) -> Iterable[tuple[str, bytes]]:
    batch, logs, builds, iam = (made.aws(service) for service in ("batch", "logs", "codebuild", "iam"))
    definitions = batch.describe_job_definitions()["jobDefinitions"]
    yield "job definitions", _bytes(definitions)
    queues = [queue["jobQueueName"] for queue in batch.describe_job_queues()["jobQueues"]]
    ids = [job["jobId"] for queue in queues for status in ("SUCCEEDED", "FAILED") for job in _listed(batch, queue, status)]
    assert ids, "no job to look at"
    yield "jobs", _bytes(batch.describe_jobs(jobs=ids)["jobs"])
    for group in logs.describe_log_groups()["logGroups"]:
        yield f"log group {group['logGroupName']}", _bytes(logs.filter_log_events(logGroupName=group["logGroupName"])["events"])
    yield "builds", _bytes(builds.batch_get_builds(ids=builds.list_builds()["ids"])["builds"])
    yield "projects", _bytes(builds.batch_get_projects(names=builds.list_projects()["projects"])["projects"])
    yield "launch templates", _bytes(_templates(made))
    yield "roles", _bytes(iam.get_account_authorization_details(Filter=["Role", "LocalManagedPolicy"]))


def _listed(batch: object, queue: str, status: str) -> list[dict[str, str]]:
    jobs: list[dict[str, str]] = batch.list_jobs(jobQueue=queue, jobStatus=status)["jobSummaryList"]  # type: ignore[attr-defined]
    return jobs


def _templates(made: Deployed) -> list[object]:
    ec2 = made.aws("ec2")
    names = [item["LaunchTemplateName"] for item in ec2.describe_launch_templates()["LaunchTemplates"]]
    versions = [ec2.describe_launch_template_versions(LaunchTemplateName=name)["LaunchTemplateVersions"] for name in names]
    data = [item["LaunchTemplateData"].get("UserData", "") for page in versions for item in page]
    return [versions, [base64.b64decode(text).decode(errors="replace") for text in data]]


def _bytes(answer: object) -> bytes:
    return json.dumps(answer, default=str).encode()
