"""Runs a build: walks its phases, writes its log, and puts the image record into ECR.

The only module of this package that touches moto's S3, logs and ECR.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Mapping
from typing import Any

from cosmosctl.sandbox import snapshot
from cosmosctl.sandbox.codebuild import context, records
from cosmosctl.sandbox.codebuild.context import BuildFailed, Image
from cosmosctl.sandbox.state import ACCOUNT_ID, Server

log = logging.getLogger(__name__)
NOTICE = "sandbox: no container is built here; the source is checked and an image record with its digest is put into ECR"


class Worker:
    def __init__(self, server: Server) -> None:
        self._server = server
        self._threads: dict[str, threading.Thread] = {}
        self._stopping = threading.Event()

    def start(self, region: str, build: dict[str, Any]) -> None:
        self._stopping.clear()
        thread = threading.Thread(target=self._run, args=(region, build), name=f"build-{build['id']}", daemon=True)
        self._threads[build["id"]] = thread
        thread.start()

    def stop(self) -> None:
        """Builds under way stay IN_PROGRESS and begin again with the next server."""
        self._stopping.set()
        for thread in list(self._threads.values()):
            thread.join(timeout=3)

    def _run(self, region: str, build: dict[str, Any]) -> None:
        try:
            self._phases(region, build)
        except BuildFailed as error:
            self._fail(region, build, error)
        except Exception as error:  # a build must end, whatever happens to it
            log.exception("build %s", build["id"])
            self._fail(region, build, BuildFailed(build["currentPhase"], "INTERNAL_ERROR", f"{type(error).__name__}: {error}"))
        finally:
            self._threads.pop(build["id"], None)
            snapshot.touch()

    def _phases(self, region: str, build: dict[str, Any]) -> None:
        wanted = dict(self._server.settings.codebuild)
        seconds = float(wanted.get("seconds", 0.2)) / len(records.PHASES)
        archive = b""
        self._write(region, build, [f"[Container] Running build {build['id']}", NOTICE])
        for phase in records.PHASES:
            with self._server.gate.shared():
                if build["buildComplete"]:
                    return
                records.close(build, time.time())
                records.begin(build, phase, time.time())
                self._write(region, build, [f"[Container] Entering phase {phase}"])
                self._refuse(region, build, phase, wanted)
                archive = self._work(region, build, phase, archive)
                self._write(region, build, [f"[Container] Phase complete: {phase} State: SUCCEEDED"])
            if self._stopping.wait(seconds):
                return
        with self._server.gate.shared():
            if not build["buildComplete"]:
                records.close(build, time.time())
                records.complete(build, "SUCCEEDED", time.time())

    def _refuse(self, region: str, build: dict[str, Any], phase: str, wanted: Mapping[str, Any]) -> None:
        """A failure that was asked for through the settings."""
        if wanted.get("fail") and phase == wanted.get("phase", "BUILD"):
            text = str(wanted.get("log") or "docker build failed")
            self._write(region, build, text.splitlines())
            last = text.strip().rpartition("\n")[2]
            raise BuildFailed(phase, "COMMAND_EXECUTION_ERROR", f"Error while executing command: docker build. Reason: {last}")

    def _work(self, region: str, build: dict[str, Any], phase: str, archive: bytes) -> bytes:
        variables = records.variables(build)
        if phase == "DOWNLOAD_SOURCE":
            archive = _source(build["source"])
            context.names_in(archive)
            context.check_spec(build["source"].get("buildspec"), archive)
            self._write(region, build, [f"source {build['source'].get('location')}: {len(archive)} bytes"])
        elif phase == "PRE_BUILD":
            repository, tag = context.target(variables)
            self._write(region, build, [f"target {repository}:{tag}"])
        elif phase == "BUILD":
            self._write(region, build, [f"using {context.check_dockerfile(archive)}", NOTICE])
        elif phase == "POST_BUILD":
            made = context.image(archive, variables)
            self._write(region, build, [push(region, made)])
        return archive

    def _fail(self, region: str, build: dict[str, Any], error: BuildFailed) -> None:
        with self._server.gate.shared():
            if build["buildComplete"]:
                return
            lines = [error.message, f"[Container] Phase complete: {error.phase} State: FAILED", f"Phase context status code: {error.code}"]
            self._write(region, build, lines)
            records.close(build, time.time(), "FAILED", error.code, error.message)
            records.complete(build, "FAILED", time.time())

    def _write(self, region: str, build: Mapping[str, Any], lines: list[str]) -> None:
        from moto.logs.models import logs_backends

        place = build["logs"]
        if place["cloudWatchLogs"]["status"] != "ENABLED":
            return
        owner = logs_backends[ACCOUNT_ID][region]
        if place["groupName"] not in owner.groups:
            owner.create_log_group(log_group_name=place["groupName"], tags={})
        if place["streamName"] not in owner.groups[place["groupName"]].streams:
            owner.create_log_stream(place["groupName"], place["streamName"])
        stamp = int(time.time() * 1000)
        owner.put_log_events(place["groupName"], place["streamName"], [{"timestamp": stamp, "message": x or " "} for x in lines])


def _source(source: Mapping[str, Any]) -> bytes:
    from moto.s3.models import s3_backends

    bucket, _, key = str(source.get("location") or "").removeprefix("arn:aws:s3:::").partition("/")
    if source.get("type") != "S3":
        raise BuildFailed("DOWNLOAD_SOURCE", "CLIENT_ERROR", f"the sandbox builds from S3 sources only, not {source.get('type')}")
    owner = s3_backends[ACCOUNT_ID]["aws"]
    found = owner.get_object(bucket, key) if bucket in owner.buckets and key else None
    if found is None:
        raise BuildFailed("DOWNLOAD_SOURCE", "CLIENT_ERROR", f"NoSuchKey: The specified key does not exist: s3://{bucket}/{key}")
    return bytes(found.value)


def push(region: str, made: Image) -> str:
    """The log line of the push. An immutable tag is never moved; the same image again is no change."""
    from moto.ecr.models import ecr_backends

    owner = ecr_backends[ACCOUNT_ID][region]
    repository = owner.repositories.get(made.repository)
    if repository is None:
        text = f"name unknown: The repository with name '{made.repository}' does not exist"
        raise BuildFailed("POST_BUILD", "COMMAND_EXECUTION_ERROR", text)
    there = next((i for i in repository.images if made.tag in i.image_tags), None)
    if there is not None and there.get_image_digest() == made.digest:
        return f"{made.tag}: digest: {made.digest} (already exists)"
    if there is not None and str(repository.image_tag_mutability).startswith("IMMUTABLE"):
        text = f"tag invalid: The image tag '{made.tag}' already exists in the '{made.repository}' repository and cannot be overwritten"
        raise BuildFailed("POST_BUILD", "COMMAND_EXECUTION_ERROR", f"{text} because the repository is immutable.")
    owner.put_image(made.repository, made.manifest, made.tag, context.MEDIA_TYPE, made.digest)
    return f"{made.tag}: digest: {made.digest}"
