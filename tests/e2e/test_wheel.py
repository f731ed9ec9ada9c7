"""The wheel alone, in another environment and outside the checkout, does what the checkout does."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.cli import ROOT, run_cli
from tests.support.deployment import Deployed, everything, listed
from tests.support.installing import Environment, bare_env, from_wheel, run

pytestmark = pytest.mark.xdist_group("e2e-wheel")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    run([sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)], folder, bare_env(folder)).ok()
    (made,) = folder.glob("cosmosctl-*.whl")
    return made


@pytest.fixture(scope="module")
def environment(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    folder = tmp_path_factory.mktemp("wheel")
    (folder / "home").mkdir()
    return from_wheel(wheel, folder / "venv", bare_env(folder / "home"))


@pytest.fixture
def place(environment: Environment, tmp_path: Path) -> Iterator[Path]:
    """An empty folder far from the checkout; its sandbox is stopped afterwards."""
    yield tmp_path
    environment.cli("sandbox", "stop", "--all", cwd=tmp_path)


def test_everything_but_the_code_travels_too(wheel: Path) -> None:
    tracked = subprocess.run(
        ["git", "-C", str(ROOT), "ls-files", "infra", "blueprints", "templates", "examples"], check=True, capture_output=True, text=True
    ).stdout.splitlines()
    wanted = {f"cosmosctl/_assets/{name}" for name in tracked if "/tests/" not in name and not name.endswith(".tftest.hcl")}
    names = set(zipfile.ZipFile(wheel).namelist())
    assert not {name for name in wanted - names if "/expected/" not in name}
    assert any(name.startswith("cosmosctl/_assets/infra/stacks/foundation/") for name in names)
    assert not {name for name in names if name.startswith("tests/") or ".terraform/" in name or "__pycache__" in name}


def test_it_knows_the_same_as_the_checkout(environment: Environment, place: Path) -> None:
    for args in (("--version",), ("blueprints", "list", "-o", "json"), ("blueprints", "show", "predict", "-o", "json")):
        assert environment.cli(*args, cwd=place).ok().out == run_cli(*args, cwd=place).ok().out
    where = run([str(environment.folder / "bin" / "python"), "-c", "import cosmosctl; print(cosmosctl.__file__)"], place, environment.env)
    assert where.ok().out.startswith(str(environment.folder))


def test_it_installs_and_removes_a_deployment(environment: Environment, place: Path) -> None:
    """Terraform modules from the wheel, provisioned and destroyed; the pools only planned, to be quick."""
    environment.cli("init", "--name", "from-wheel", cwd=place).ok()
    environment.cli("install", "--yes", "--only", "state-bucket", "--only", "foundation", cwd=place).ok()
    made = Deployed("from-wheel", place)
    assert sorted(listed(made, "bucket")) == sorted([made.names.data_bucket, made.names.state_bucket])
    assert len(listed(made, "vpc")) == 1
    steps = environment.cli("install", "--plan", "-o", "json", cwd=place).ok().json["data"]["steps"]
    pools = next(step for step in steps if step["step"] == "stack:batch")
    assert any("aws_batch_job_queue" in change["address"] for change in pools["changes"])
    environment.cli("cleanup", "--yes", "--delete-data", cwd=place).ok()
    assert everything(made) == {}


def test_the_worker_image_is_built_from_the_wheel(environment: Environment, place: Path) -> None:
    """Code and template of the image, with the same content as from the checkout, so that no second image is built."""
    code = (
        "from cosmosctl import assets; from cosmosctl.render.bundle import image_context, image_tag; a = assets.find();"
        "c = image_context(a.templates, a.package, 'baseline'); print(image_tag('baseline', c))"
    )
    tags = {
        run([python, "-c", code], cwd, environment.env).ok().out
        for python, cwd in ((str(environment.folder / "bin" / "python"), place), (sys.executable, ROOT))
    }
    assert len(tags) == 1
