# ruff: noqa: E501  one wrong manifest a line
"""The shipped blueprints as data, and the registry that finds them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cosmosctl import assets
from cosmosctl.blueprints import choices, parameters, registry
from cosmosctl.blueprints.schema import Blueprint, task_word
from cosmosctl.errors import CosmosctlError
from cosmosctl.findings import Level

ROOT = assets.find().blueprints
NAMES = registry.discover()


def manifest(name: str = "predict") -> str:
    return (ROOT / name / registry.MANIFEST).read_text()


def copied(tmp_path: Path, text: str, name: str = "predict") -> Path:
    (tmp_path / name).mkdir(parents=True)
    (tmp_path / name / registry.MANIFEST).write_text(text)
    return tmp_path


def refusal(tmp_path: Path, text: str, name: str = "predict") -> CosmosctlError:
    root = copied(tmp_path, text, name)
    with pytest.raises(CosmosctlError) as caught:
        registry.load_blueprint(name, root)
    return caught.value


def test_names_come_from_folders(tmp_path: Path) -> None:
    assert {"predict", "reason"} <= set(NAMES)
    copied(tmp_path, "not: parsed", "a/b")
    copied(tmp_path, ": broken [", "c")
    assert registry.discover(tmp_path) == ["a/b", "c"]


@pytest.mark.parametrize("name", NAMES)
def test_shipped_blueprint_is_complete(name: str) -> None:
    blueprint = registry.load_blueprint(name)
    folder = ROOT / name
    readme = (folder / "README.md").read_text()
    assert blueprint.attribution == "Built on NVIDIA Cosmos"
    assert blueprint.attribution in readme
    assert blueprint.licence.url in readme
    assert any((folder / "examples").iterdir())
    for variant_name, variant in blueprint.variants.items():
        assert f"`{variant_name}`" in readme
        assert variant.weights.repo in variant.gated
        assert all(page.startswith("https://huggingface.co/nvidia/") for page in variant.licence_pages)
        minutes = blueprint.minutes(variant_name)
        timeout = blueprint.timeout_minutes(variant_name)
        assert minutes is not None
        assert timeout is not None
        assert minutes.fixed + minutes.per_sample < timeout
    assert json.loads(blueprint.model_dump_json(by_alias=True))["schema"] == 1


@pytest.mark.parametrize("name", NAMES)
def test_examples_are_valid_manifests(name: str) -> None:
    blueprint = registry.load_blueprint(name)
    for path in (ROOT / name / "examples").glob("*.jsonl"):
        for line in path.read_text().splitlines():
            record = json.loads(line)
            assert set(record) <= {"id", "input", "prompt", "params"}
            if "input" in record:
                assert (path.parent / record["input"]).is_file()
            given = {key: str(value) for key, value in record.get("params", {}).items()}
            task = blueprint.task_for("none") or next(iter(blueprint.tasks))
            assert parameters.resolve_parameters(blueprint, blueprint.default_variant, task, given)[1] == []


def test_seed_behaviours_of_reason() -> None:
    reason = registry.load_blueprint("reason")
    assert reason.prompt.default == "Caption the video in detail."
    assert reason.prompt.system == "You are a helpful assistant."
    assert reason.prompt.metadata_key == "cosmos-reason-prompt"
    assert reason.parameters["max_tokens"].default == 4096
    assert reason.timeout_minutes("2B") == 480
    assert {name: variant.gpu.memory_gib for name, variant in reason.variants.items()} == {"2B": 24, "8B": 32, "32B": 80}
    assert reason.inputs.video is not None
    assert reason.inputs.image is not None
    assert set(reason.inputs.video.extensions) == {".mp4", ".mov", ".avi", ".mkv", ".webm"}
    assert set(reason.inputs.image.extensions) == {".jpg", ".jpeg", ".png", ".webp"}
    assert reason.output_name("video2text", "a/robot-demo.mp4", "20260410-165029") == "robot-demo_CosmosReason_20260410-165029.json"


def test_predict_tasks_and_names() -> None:
    predict = registry.load_blueprint("predict")
    assert predict.task_for("image") == "image2world"
    assert predict.task_for("video") == "video2world"
    assert predict.task_for("none") == "text2world"
    assert predict.task_for("video", "distilled") is None
    assert predict.tasks["video2world"].min_frames == 5
    assert predict.output_name("video2world", "x/robot.a.mp4", "20260410-165029") == "robot.a_CosmosPredictVideo2World_20260410-165029.mp4"
    assert task_word("image2world") == "Image2World"
    assert predict.variants["14B"].weights.repo.endswith("14B")
    assert "nvidia/Cosmos-Predict2.5-2B" in predict.variants["14B"].gated


@pytest.mark.parametrize(
    ("name", "variant", "per_input"),
    [("reason", "2B", 4.43), ("reason", "8B", 7.50), ("predict", "2B", 9.63), ("predict", "14B", 17.05)],
)
def test_minutes_give_the_published_figures_at_20_inputs_a_job(name: str, variant: str, per_input: float) -> None:
    minutes = registry.load_blueprint(name).minutes(variant)
    assert minutes is not None
    assert minutes.fixed / 20 + minutes.per_sample + minutes.upload == pytest.approx(per_input, abs=0.006)


def test_unknown_blueprint_and_variant() -> None:
    with pytest.raises(CosmosctlError) as caught:
        registry.load_blueprint("preditc")
    assert (caught.value.code, caught.value.hint) == ("unknown_name", "did you mean `predict`?")
    predict = registry.load_blueprint("predict")
    assert choices.choose_variant(predict, None) == "2B"
    assert choices.choose_variant(predict, "14b") == "14B"
    with pytest.raises(CosmosctlError) as caught:
        choices.choose_variant(predict, "distiled")
    assert (caught.value.code, caught.value.hint) == ("unknown_name", "did you mean `distilled`?")


def test_engine_of_a_target() -> None:
    predict = registry.load_blueprint("predict")
    assert choices.choose_engine(predict, None, sees_gpu=False) == ("baseline", [])
    assert choices.choose_engine(predict, "baseline", sees_gpu=True) == ("baseline", [])
    engine, findings = choices.choose_engine(predict, None, sees_gpu=True)
    assert engine == "baseline"
    assert [(item.rule, item.level) for item in findings] == [("engine_missing", Level.WARNING)]
    with pytest.raises(CosmosctlError) as caught:
        choices.choose_engine(predict, "tensorrt", sees_gpu=True)
    assert caught.value.code == "unknown_name"


@pytest.mark.parametrize(
    ("old", "new", "rule", "path", "fragment"),
    [
        ("  14B:", "  14B\n", "yaml_syntax", "", "':'"),
        ("family:", "famly:", "unknown_key", "famly", "did you mean `family`?"),
        ("memory_gib: 80", "memory_gib: big", "wrong_type", "variants.14B.gpu.memory_gib", "whole number"),
        ("repo: nvidia/Cosmos-Predict2.5-14B", "repo: Cosmos", "bad_form", "variants.14B.weights.repo", "Hugging Face"),
        ("min_frames: 5", "min_frames: 0", "out_of_range", "tasks.video2world.min_frames", "at least 1"),
        ("{stem}_CosmosPredict{Task}_{timestamp}", "{stem}_{size}", "invalid_value", "output", "placeholders"),
        ("{stem}_CosmosPredict{Task}_{timestamp}", "out_{timestamp}", "invalid_value", "output", "overwrite"),
        ("available: [baseline]", "available: [diffusers]", "invalid_value", "modes.batch.engines", "baseline"),
        ("tasks: [text2world]", "tasks: [text2wrld]", "blueprint_inconsistent", "variants.distilled.tasks[0]", "text2wrld"),
        ("{steps: 4, guidance", "{step: 4, guidance", "blueprint_inconsistent", "variants.distilled.defaults.step", "no parameter"),
        ("{steps: 4, guidance", "{steps: 900, guidance", "blueprint_inconsistent", "variants.distilled.defaults.steps", "1 to 200"),
        ("disk_gib: 250", "disk_gib: 50", "blueprint_inconsistent", "variants.14B.disk_gib", "do not hold"),
        ("default: 93", "default: 92", "blueprint_inconsistent", "parameters.frames.default", "89 or 93"),
        ("num_inference_steps]", "fps]", "blueprint_inconsistent", "parameters.fps", "already means"),
        ("name: predict", "name: other", "blueprint_inconsistent", "name", "folder"),
        ("    default: true", "    default: false", "blueprint_inconsistent", "variants", "exactly one"),
        ("gated: [nvidia/Cosmos-Predict2.5-14B,", "gated: [nvidia/Cosmos-Guardrail2,", "blueprint_inconsistent", "variants.14B.gated[0]", "no variant"),
        ("  image: {ext", "  # image: {ext", "blueprint_inconsistent", "tasks.image2world.media", "inputs.image"),
        ('name: "{stem}_CosmosPredict{Task}_{timestamp}.mp4"', 'name: "{stem}{timestamp}.avi"', "blueprint_inconsistent", "tasks.text2world.output", ".mp4"),
    ],
)  # fmt: skip
def test_wrong_manifest(old: str, new: str, rule: str, path: str, fragment: str, tmp_path: Path) -> None:
    text = manifest()
    assert old in text
    error = refusal(tmp_path, text.replace(old, new, 1))
    assert error.code == "invalid_blueprint"
    matching = [item for item in error.findings if (item.rule, item.path) == (rule, path)]
    assert matching, [(item.rule, item.path, item.message) for item in error.findings]
    assert fragment in matching[0].message + matching[0].hint
    assert matching[0].location is not None
    assert matching[0].location.file == "predict/blueprint.yaml"
    assert matching[0].location.line > 1 or path == "name"


def test_manifest_that_is_no_map_or_no_text(tmp_path: Path) -> None:
    assert refusal(tmp_path, "- a\n").findings[0].rule == "wrong_type"
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / registry.MANIFEST).write_bytes(b"\xff\xfe\x00")
    with pytest.raises(CosmosctlError, match="cannot be read"):
        registry.load_blueprint("bin", tmp_path)


def test_schema_is_json_schema() -> None:
    schema = Blueprint.model_json_schema()
    assert set(schema["required"]) >= {"schema", "name", "variants", "tasks", "modes"}
    assert schema["additionalProperties"] is False


def test_assets_of_a_wheel(tmp_path: Path) -> None:
    package = tmp_path / "cosmosctl"
    (package / "_assets" / "blueprints").mkdir(parents=True)
    found = assets.find(package)
    assert found.blueprints == package / "_assets" / "blueprints"
    assert found.package == package
    checkout = assets.find()
    assert checkout.infra == checkout.package.parent / "infra"
    assert checkout.infra.is_dir()
