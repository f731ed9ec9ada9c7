"""CodeBuild: projects keep all their fields, builds take time, can fail, and leave an image record in ECR."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from typing import Any

from cosmosctl.sandbox.codebuild import records
from cosmosctl.sandbox.codebuild.worker import Worker
from cosmosctl.sandbox.state import current

DEPENDS = ("s3", "logs", "ecr", "iam")
COMPUTE_TYPES = frozenset({"SMALL", "MEDIUM", "LARGE", "XLARGE", "2XLARGE"})
_workers: list[Worker] = []


def worker() -> Worker:
    return _workers[0]


def register() -> None:
    from moto.codebuild import responses
    from moto.codebuild.responses import CodeBuildResponse

    _workers[:] = [Worker(current())]
    _widen(responses)
    CodeBuildResponse.create_project = _create(CodeBuildResponse.create_project)
    CodeBuildResponse.update_project = _update
    CodeBuildResponse.delete_project = _delete_by_name_or_arn(CodeBuildResponse.delete_project)
    CodeBuildResponse.start_build = _start
    CodeBuildResponse.batch_get_builds = _get
    CodeBuildResponse.stop_build = _stop
    CodeBuildResponse.list_builds_for_project = _list


def on_start() -> None:
    """Builds that a restart interrupted begin again."""
    from moto.codebuild.models import codebuild_backends

    for account in list(codebuild_backends.values()):
        for region, backend in list(account.items()):
            for builds in backend.build_metadata_history.values():
                for build in builds:
                    if not build["buildComplete"]:
                        records.restart(build, time.time())
                        worker().start(region, build)


def on_stop() -> None:
    worker().stop()


def _widen(responses: Any) -> None:
    """moto knows four compute types, and wants a location even of a project without a source."""
    source, environment = responses._validate_required_params_source, responses._validate_required_params_environment

    def check_source(given: dict[str, Any]) -> None:
        if given.get("type") != "NO_SOURCE":
            source(given)

    def check_environment(given: dict[str, Any]) -> None:
        size = str(given.get("computeType", "")).removeprefix("BUILD_GENERAL1_")
        environment({**given, "computeType": "BUILD_GENERAL1_SMALL"} if size in COMPUTE_TYPES else given)

    responses._validate_required_params_source = check_source
    responses._validate_required_params_environment = check_environment


def _create(original: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def create_project(self: Any) -> Any:
        original(self)
        project = self.codebuild_backend.codebuild_projects[self._get_param("name")].project_metadata
        return _answer(project=records.keep(project, self._get_param, time.time()))

    return create_project


def _delete_by_name_or_arn(original: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """The Terraform provider deletes by ARN, which moto takes for an unknown name and answers with success."""

    def delete_project(self: Any) -> Any:
        self.codebuild_backend.delete_project(str(self._get_param("name")).rpartition(":project/")[2])
        return original(self)

    return delete_project


def _update(self: Any) -> Any:
    found = _project(self, self._get_param("name"))
    return _answer(project=records.keep(found.project_metadata, self._get_param, time.time()))


def _project(self: Any, name: str) -> Any:
    from moto.codebuild.exceptions import ResourceNotFoundException

    found = self.codebuild_backend.codebuild_projects.get(name)
    if found is None:
        arn = f"arn:aws:codebuild:{self.region}:{self.current_account}:project/{name}"
        raise ResourceNotFoundException(f"Project cannot be found: {arn}")
    return found


def _answer(**members: Any) -> Any:
    from moto.core.responses import ActionResult

    return ActionResult(members)


def _start(self: Any) -> Any:
    name = self._get_param("projectName")
    project = _project(self, name).project_metadata
    backend = self.codebuild_backend
    ident = f"{name}:{uuid.uuid4()}"
    ids = backend.build_history.setdefault(name, [])
    build = records.new_build(project, ident, len(ids) + 1, self._get_param, time.time())
    ids.append(ident)
    backend.build_metadata_history[name].append(build)
    worker().start(self.region, build)
    return _answer(build=build)


def _builds(self: Any) -> dict[str, dict[str, Any]]:
    return {b["id"]: b for builds in self.codebuild_backend.build_metadata_history.values() for b in builds}


def _get(self: Any) -> Any:
    from moto.codebuild.exceptions import InvalidInputException

    wanted = [str(i).rpartition(":build/")[2] or str(i) for i in self._get_param("ids") or ()]
    if any(":" not in i for i in wanted):
        raise InvalidInputException("Invalid build ID provided")
    known = _builds(self)
    return _answer(builds=[known[i] for i in wanted if i in known], buildsNotFound=[i for i in wanted if i not in known])


def _stop(self: Any) -> Any:
    from moto.codebuild.exceptions import ResourceNotFoundException

    build = _builds(self).get(self._get_param("id"))
    if build is None:
        raise ResourceNotFoundException(f"Build {self._get_param('id')} does not exist")
    if not build["buildComplete"]:
        records.close(build, time.time(), "STOPPED")
        records.complete(build, "STOPPED", time.time())
    return _answer(build=build)


def _list(self: Any) -> Any:
    name = self._get_param("projectName")
    _project(self, name)
    ids = list(self.codebuild_backend.build_history.get(name, ()))
    ordered = ids if self._get_param("sortOrder") == "ASCENDING" else ids[::-1]
    start = int(self._get_param("nextToken") or 0)
    page = {"ids": ordered[start : start + 100]}
    return _answer(**page, **({"nextToken": str(start + 100)} if start + 100 < len(ordered) else {}))
