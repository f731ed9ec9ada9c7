"""Mistakes with worker images: a build that nobody waits for, a tag that moves, a container that fetches code when it starts."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from cosmosctl import assets
from cosmosctl.blueprints.registry import discover, load_blueprint
from cosmosctl.catalog.naming import Names
from cosmosctl.catalog.versions import versions
from cosmosctl.config.model import Deployment
from cosmosctl.errors import CosmosctlError
from cosmosctl.execute.executors.image import EXECUTOR
from cosmosctl.execute.journal import Journal
from cosmosctl.execute.step import Run
from cosmosctl.plan.build import deploy_plan, install_plan
from cosmosctl.plan.step import Step
from cosmosctl.ports.builds import BuildState
from cosmosctl.render.bundle import image_context, image_tag
from tests.support.standin import StepClock, make_context
from tests.support.stores import MemoryStore

ROOT = Path(__file__).resolve().parents[2]
ENGINES = sorted(path.name for path in (ROOT / "templates" / "container").iterdir() if path.is_dir())
STEP = Step("image:baseline", "image", "Image", {"engine": "baseline"})
INPUTS = {"engine": "baseline", "tag": "baseline-1", "repository": "r", "url": "host/r", "project": "p", "bucket": "data"}
DIGEST = "sha256:" + "d" * 64


class FakeBuilds:
    """A build that is looked at a few times before it ends; the image is there only after a good end."""

    def __init__(self, end: str = "SUCCEEDED", looks: int = 3, present: bool = False, pushes: bool = True) -> None:
        self.end, self.looks, self.present, self.pushes = end, looks, present, pushes
        self.started: list[Mapping[str, str]] = []
        self.log = [f"line {number}" for number in range(100)]

    def digest(self, repository: str, tag: str) -> str | None:
        return DIGEST if self.present else None

    def running(self, project: str, variable: str, value: str) -> str | None:
        return None

    def start(self, project: str, *, source: str, environment: Mapping[str, str]) -> str:
        self.started.append(environment)
        return "p:1"

    def state(self, build_id: str) -> BuildState:
        self.looks -= 1
        done = self.looks < 0
        self.present = self.present or (done and self.end == "SUCCEEDED" and self.pushes)
        return BuildState(build_id, self.end if done else "IN_PROGRESS", "BUILD", "g", "s")

    def log_tail(self, build: BuildState, lines: int) -> Sequence[str]:
        return self.log[-lines:]


def run_step(folder: Path, builds: FakeBuilds, store: MemoryStore | None = None) -> Mapping[str, Any]:
    found = assets.find()
    ctx = make_context(folder / "demo", folder, builds=builds, clock=StepClock(), store=lambda bucket: store or MemoryStore(), assets=found)
    return EXECUTOR.run(STEP, INPUTS, Run(ctx, Journal(folder / "journal.jsonl"), lambda event: None))


def test_a_build_is_awaited_and_the_image_is_known_by_its_digest(tmp_path: Path) -> None:
    builds, store = FakeBuilds(), MemoryStore()
    assert run_step(tmp_path, builds, store)["image"] == f"host/r@{DIGEST}"
    assert builds.looks < 0, "the end of the build was seen"
    assert builds.started == [{"IMAGE_TAG": "baseline-1"}]
    assert "builds/baseline-1.zip" in store.objects


@pytest.mark.parametrize("end", ["FAILED", "FAULT", "TIMED_OUT", "STOPPED"])
def test_a_build_that_fails_stops_the_deployment_with_the_end_of_its_log(end: str, tmp_path: Path) -> None:
    with pytest.raises(CosmosctlError) as caught:
        run_step(tmp_path, FakeBuilds(end))
    assert caught.value.code == "image_build_failed"
    assert "line 99" in (caught.value.detail or "")
    assert end in caught.value.message


def test_a_good_build_without_an_image_is_a_failure(tmp_path: Path) -> None:
    with pytest.raises(CosmosctlError) as caught:
        run_step(tmp_path, FakeBuilds(pushes=False))
    assert caught.value.code == "image_build_failed"


def test_a_build_without_end_is_given_up(tmp_path: Path) -> None:
    with pytest.raises(CosmosctlError) as caught:
        run_step(tmp_path, FakeBuilds(looks=10**6))
    assert caught.value.code == "timeout"


def test_an_image_that_exists_is_not_built_again(tmp_path: Path) -> None:
    builds = FakeBuilds(present=True)
    assert run_step(tmp_path, builds)["digest"] == DIGEST
    assert builds.started == []


@pytest.mark.parametrize("blueprint", discover())
def test_only_the_image_that_is_deployed_is_built(blueprint: str) -> None:
    names = Names("demo", "123456789012", "us-east-1")
    loaded = load_blueprint(blueprint)
    kinds = [step.kind for step in install_plan(Deployment(name="demo"), names).steps]
    assert "image" not in kinds, "an install builds nothing"
    plan = deploy_plan(Deployment(name="demo"), names, loaded, loaded.default_variant, "baseline")
    assert [step.params["engine"] for step in plan.steps if step.kind == "image"] == ["baseline"]


def test_nothing_is_built_on_the_users_machine() -> None:
    """No program of the package is a container builder."""
    for path in (ROOT / "cosmosctl").rglob("*.py"):
        words = {node.value for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Constant)}
        assert not words & {"docker", "podman", "buildah", "finch"}, path


@pytest.mark.parametrize("engine", ENGINES)
def test_a_container_holds_its_code_and_fetches_none_when_it_starts(engine: str) -> None:
    found = assets.find()
    context = image_context(found.templates, found.package, engine)
    text = context["Dockerfile"].decode()
    assert not re.search(r"git\s+clone|uv\s+sync|\|\|\s*true|pip install -U|curl[^\n]*\|\s*(ba)?sh", text)
    assert "--require-hashes" in text
    base = re.search(r"^FROM (\S+)", text, re.MULTILINE)
    assert base
    assert re.search(r"@sha256:[0-9a-f]{64}$|:\S+$", base[1]), "a base image without a version is whatever is newest"
    assert not base[1].endswith(":latest")
    assert not re.search(r"^ENTRYPOINT", text, re.MULTILINE)
    (command,) = re.findall(r"^CMD (.+)$", text, re.MULTILINE)
    assert command == '["python", "-m", "cosmosctl.worker"]'
    assert "cosmosctl/worker/__main__.py" in context, "the worker is in the image, not cloned into it"
    (user,) = re.findall(r"^USER (\S+)$", text, re.MULTILINE)
    assert user not in ("root", "0")


@pytest.mark.parametrize("engine", ENGINES)
def test_requirements_are_pinned_with_hashes(engine: str) -> None:
    lines = (ROOT / "templates" / "container" / engine / "requirements.txt").read_text(encoding="utf-8")
    packages = re.split(r"\n(?=\S)", lines.strip())
    named = [item for item in packages if not item.startswith("#")]
    assert named
    assert all("==" in item and "--hash=sha256:" in item for item in named)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_tag_means_one_content(engine: str) -> None:
    found = assets.find()
    context = image_context(found.templates, found.package, engine)
    name = next(iter(context))
    assert image_tag(engine, context) == image_tag(engine, dict(reversed(context.items())))
    assert image_tag(engine, {**context, name: context[name] + b" "}) != image_tag(engine, context)


def test_no_image_of_the_manifest_is_called_latest() -> None:
    for name, image in versions().images.items():
        assert ":" in image, name
        assert not image.endswith(":latest"), name
