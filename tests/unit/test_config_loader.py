"""Where the file is found, what beats what, and where each value says it came from."""

from __future__ import annotations

import io
import os
import string
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cosmosctl.config import discovery, loader, overrides
from cosmosctl.config.default import render_default, suggest_name
from cosmosctl.config.model import NAME, Deployment, Purchase, Target
from cosmosctl.errors import CosmosctlError
from cosmosctl.findings import Finding, Level

MINIMAL = "name: demo\n"


def write(folder: Path, text: str = MINIMAL, name: str = "cosmosctl.yaml") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_found_in_a_parent(tmp_path: Path) -> None:
    path = write(tmp_path)
    deep = tmp_path / "a" / "b"
    deep.mkdir(parents=True)
    loaded = loader.load(None, {}, cwd=deep)
    assert loaded.path == path
    assert loaded.folder == tmp_path


def test_search_ends_at_the_repository(tmp_path: Path) -> None:
    write(tmp_path)
    repository = tmp_path / "repo"
    (repository / ".git").mkdir(parents=True)
    (repository / "src").mkdir()
    with pytest.raises(CosmosctlError) as caught:
        loader.load(None, {}, cwd=repository / "src")
    assert caught.value.code == "config_not_found"
    assert "cosmosctl init" in caught.value.hint
    write(repository, "name: inner\n")
    assert loader.load(None, {}, cwd=repository / "src").deployment.name == "inner"


def test_nearest_file_wins(tmp_path: Path) -> None:
    write(tmp_path, "name: outer\n")
    write(tmp_path / "in", "name: inner\n")
    assert loader.load(None, {}, cwd=tmp_path / "in").deployment.name == "inner"


def test_option_beats_variable_beats_search(tmp_path: Path) -> None:
    write(tmp_path, "name: searched\n")
    write(tmp_path, "name: variable\n", "v.yaml")
    write(tmp_path, "name: option\n", "o.yaml")
    env = {"COSMOSCTL_FILE": "v.yaml"}
    assert loader.load("o.yaml", env, cwd=tmp_path).deployment.name == "option"
    assert loader.load(None, env, cwd=tmp_path).deployment.name == "variable"
    assert loader.load("", {}, cwd=tmp_path).deployment.name == "searched"


def test_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(CosmosctlError) as caught:
        loader.load("nowhere.yaml", {}, cwd=tmp_path)
    assert (caught.value.code, caught.value.path) == ("config_not_found", "nowhere.yaml")


def test_folder_instead_of_file(tmp_path: Path) -> None:
    with pytest.raises(CosmosctlError, match="is a folder") as caught:
        loader.load(str(tmp_path), {}, cwd=tmp_path)
    assert caught.value.code == "invalid_config"


def test_pipe_instead_of_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "cosmosctl.yaml")
    with pytest.raises(CosmosctlError, match="not a regular file"):
        loader.load(None, {}, cwd=tmp_path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_unreadable_file(tmp_path: Path) -> None:
    write(tmp_path).chmod(0)
    with pytest.raises(CosmosctlError, match="cannot be read"):
        loader.load(None, {}, cwd=tmp_path)


def test_read_error_is_explained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path)

    def denied(*args: object, **kwargs: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", denied)
    with pytest.raises(CosmosctlError, match="cannot be read: Permission denied") as caught:
        discovery.read_text(path)
    assert str(path) in caught.value.hint


def test_standard_input(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"name: piped\nzones: 3\n")))
    with pytest.raises(CosmosctlError) as caught:
        loader.load("-", {}, cwd=tmp_path)
    assert caught.value.location is not None
    assert str(caught.value.location) == "<stdin>:2:1"
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"name: piped\n")))
    loaded = loader.load("-", {}, cwd=tmp_path)
    assert (loaded.path, loaded.folder, loaded.deployment.name) == (None, tmp_path, "piped")


def test_precedence_and_origins(tmp_path: Path) -> None:
    write(tmp_path, "name: demo\nregion: eu-west-1\nnetwork: {zones: 2}\n")
    env = {"COSMOSCTL_REGION": "us-west-2", "COSMOSCTL_NETWORK_NAT": "per-zone", "COSMOSCTL_TARGET": "aws", "COSMOSCTL_NAME": ""}
    loaded = loader.load(None, env, ["network.nat=single", "network.zones=1"], flags={"target": "sandbox", "region": None}, cwd=tmp_path)
    assert loaded.deployment.region == "us-west-2"
    assert loaded.deployment.network.nat == "single"
    assert loaded.deployment.network.zones == 1
    assert loaded.deployment.target is Target.SANDBOX
    shown = {path: (origin.kind, str(origin)) for path, origin in loaded.origins.items()}
    assert shown["name"] == ("file", "cosmosctl.yaml:1:1")
    assert shown["region"] == ("env", "COSMOSCTL_REGION")
    assert shown["network.nat"] == ("flag", "--set network.nat")
    assert shown["network.zones"] == ("flag", "--set network.zones")
    assert shown["target"] == ("flag", "--target")
    assert shown["network.cidr"] == ("default", "default")


def test_every_value_has_an_origin(tmp_path: Path) -> None:
    write(tmp_path, render_default("demo"))
    loaded = loader.load(None, {}, cwd=tmp_path)
    assert {"batch.pools.gpu48.instance_types", "budget.emails", "tags", "cluster.version", "network.existing"} <= set(loaded.origins)
    assert loaded.origins["batch.pools.gpu48.max_vcpus"].kind == "file"
    assert loaded.origins["cluster.version"].kind == "default"


@pytest.mark.parametrize(
    ("expression", "check"),
    [
        (
            "batch.pools.gpu48.max_vcpus=64",
            lambda d: d.batch.pools["gpu48"].max_vcpus == 64 and d.batch.pools["gpu48"].purchase is Purchase.SPOT_FIRST,
        ),
        ("batch.pools.gpu24.instance_types=[g5.2xlarge]", lambda d: set(d.batch.pools) == {"gpu48", "gpu24"}),
        ("cluster.version=1.30", lambda d: d.cluster.version == "1.30"),
        ("tags.a.b=1", lambda d: d.tags == {"a.b": "1"}),
        ("budget.emails=a@b.co, c@d.co", lambda d: d.budget.emails == ["a@b.co", "c@d.co"]),
        ("budget.emails=[]", lambda d: d.budget.emails == []),
        ("data.keep_on_cleanup=false", lambda d: d.data.keep_on_cleanup is False),
        ("network.existing={vpc_id: vpc-12345678, subnet_ids: [subnet-12345678]}", lambda d: d.network.existing.vpc_id == "vpc-12345678"),
        ("terraform.binary=/opt/a=b", lambda d: d.terraform.binary == "/opt/a=b"),
    ],
)
def test_set_takes_the_type_of_the_key(expression: str, check: object, tmp_path: Path) -> None:
    write(tmp_path)
    assert check(loader.load(None, {}, [expression], cwd=tmp_path).deployment)  # type: ignore[operator]


def test_set_on_a_pool_of_the_file_keeps_its_other_pools_out(tmp_path: Path) -> None:
    write(tmp_path, "name: demo\nbatch: {pools: {big: {instance_types: [p5.4xlarge]}}}\n")
    deployment = loader.load(None, {}, ["batch.pools.big.max_vcpus=32"], cwd=tmp_path).deployment
    assert list(deployment.batch.pools) == ["big"]


def test_no_file_content_but_overrides_is_enough(tmp_path: Path) -> None:
    write(tmp_path, "# empty\n")
    assert loader.load(None, {"COSMOSCTL_NAME": "lab"}, cwd=tmp_path).deployment == Deployment(name="lab")


def test_empty_sections_mean_defaults(tmp_path: Path) -> None:
    write(tmp_path, "name: demo\nnetwork:\ntags:\nbatch:\n")
    assert loader.load(None, {}, cwd=tmp_path).deployment == Deployment(name="demo")


def test_merge_keys_and_anchors(tmp_path: Path) -> None:
    text = (
        "name: demo\nbatch:\n  pools:\n    one: &base {instance_types: [g6e.2xlarge], max_vcpus: 8}\n"
        "    two:\n      <<: *base\n      max_vcpus: 16\n"
    )
    write(tmp_path, text)
    pools = loader.load(None, {}, cwd=tmp_path).deployment.batch.pools
    assert (pools["one"].max_vcpus, pools["two"].max_vcpus) == (8, 16)
    assert pools["two"].instance_types == ["g6e.2xlarge"]


def test_all_findings_at_once_in_the_order_of_the_file(tmp_path: Path) -> None:
    write(tmp_path, "budget: {monthly_usd: 0}\nregoin: x\nname: Demo\nname: x\n")
    with pytest.raises(CosmosctlError) as caught:
        loader.load(None, {}, cwd=tmp_path)
    assert [(item.rule, item.location.line) for item in caught.value.findings if item.location] == [
        ("out_of_range", 1), ("unknown_key", 2), ("bad_form", 3), ("duplicate_key", 4),
    ]  # fmt: skip
    assert "4 errors in cosmosctl.yaml" in caught.value.message


def test_rules_see_the_rest_of_a_wrong_file_and_stay_silent_about_the_wrong_part() -> None:
    text = "name: demo\nregion: nope\nbatch: {pools: {aa: {max_vcpus: 0}, bb: {instance_types: [g6e.2xlarge]}}}\n"
    draft = loader.load_text(text, "x.yaml")
    assert draft.deployment is not None
    assert list(draft.deployment.batch.pools) == ["bb"]
    rule = Finding("region", Level.ERROR, "unknown_region", "about a value that is wrong already")
    other = Finding("batch.pools.bb.purchase", Level.ERROR, "some_rule", "about a part that is right")
    with pytest.raises(CosmosctlError) as caught:
        loader.accept(draft, [rule, other])
    rules = [item.rule for item in caught.value.findings]
    assert "some_rule" in rules
    assert "unknown_region" not in rules


def test_misspelt_variable_is_a_warning(tmp_path: Path) -> None:
    write(tmp_path)
    env = {"COSMOSCTL_REGON": "x", "COSMOSCTL_RUN_URI": "s3://b/runs/r", "COSMOSCTL_DEBUG": "1", "COSMOSCTL_SOMETHING_ELSE": "1"}
    found = loader.load(None, env, cwd=tmp_path).findings
    assert [(item.level, item.path, item.hint) for item in found] == [(Level.WARNING, "COSMOSCTL_REGON", "did you mean COSMOSCTL_REGION?")]


def test_each_scalar_has_a_variable() -> None:
    known = overrides.variables()
    assert known["COSMOSCTL_NETWORK_CIDR"] == "network.cidr"
    assert known["COSMOSCTL_HUGGINGFACE_TOKEN_ENV"] == "huggingface.token_env"
    assert "COSMOSCTL_VERSION" not in known
    assert not set(known) & {overrides.PREFIX + name for name in overrides.OTHER}


@pytest.mark.parametrize("target", ["sandbox", "aws"])
def test_default_file_is_the_default_model(target: str, tmp_path: Path) -> None:
    text = render_default("my-lab", target, "eu-north-1")
    draft = loader.load_text(text, str(tmp_path / "cosmosctl.yaml"))
    assert draft.deployment == Deployment(name="my-lab", target=Target(target), region="eu-north-1")
    assert draft.findings == ()
    draft.raise_on_errors()


def test_raise_on_errors_refuses_a_bad_name() -> None:
    with pytest.raises(CosmosctlError, match="does not fit"):
        loader.load_text(render_default("No Good"), "cosmosctl.yaml").raise_on_errors()


@pytest.mark.parametrize(
    ("folder", "name"),
    [
        ("My Robot_2", "my-robot-2"),
        ("2024-lab", "lab"),
        ("", "demo"),
        ("ü", "demo"),
        ("x" * 40, "x" * 20),
        ("a-very-long-folder--name", "a-very-long-folder-n"),
    ],
)
def test_name_from_a_folder(folder: str, name: str) -> None:
    assert suggest_name(folder) == name


@settings(deadline=None, derandomize=True, database=None)
@given(st.text(alphabet=string.printable + "äß€", max_size=60))
def test_any_folder_gives_a_valid_name(folder: str) -> None:
    import re

    assert re.fullmatch(NAME.strip("^$"), suggest_name(folder))


def test_loading_imports_nothing_heavy(tmp_path: Path) -> None:
    write(tmp_path, render_default("demo"))
    code = (
        "import sys; from cosmosctl.config import loader; from cosmosctl.checks import offline_findings\n"
        "d = loader.read(None, {}); loader.accept(d, offline_findings(d.deployment))\n"
        "print([m for m in ('boto3', 'botocore', 'moto', 'jinja2', 'av', 'numpy', 'rich') if m in sys.modules])"
    )
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env={"PYTHONPATH": str(root)}, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
