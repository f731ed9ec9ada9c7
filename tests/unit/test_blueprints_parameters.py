"""Parameters of a run: types, older names, defaults per variant. Wrong ones are in `tests/cli/cases`."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cosmosctl.blueprints.parameters import resolve_parameters
from cosmosctl.blueprints.registry import load_blueprint
from cosmosctl.findings import Level

PREDICT, REASON = load_blueprint("predict"), load_blueprint("reason")


def test_defaults_are_the_documented_ones() -> None:
    values, findings = resolve_parameters(PREDICT, "2B", "video2world", {})
    assert findings == []
    assert values == {
        "seed": 0, "steps": 36, "guidance": 7.0, "negative_prompt": "", "height": 704, "width": 1280, "frames": 93, "fps": 16,
    }  # fmt: skip


def test_variant_defaults_beat_the_blueprints_and_lose_to_the_given() -> None:
    assert resolve_parameters(PREDICT, "distilled", "text2world", {})[0]["steps"] == 4
    assert resolve_parameters(PREDICT, "distilled", "text2world", {"steps": "8"})[0]["steps"] == 8


def test_older_names_in_any_case() -> None:
    given = {"NUM_STEPS": "12", "num_output_frames": "61", "guidance_scale": "3"}
    values, findings = resolve_parameters(PREDICT, "2B", "video2world", given)
    assert findings == []
    assert (values["steps"], values["frames"], values["guidance"]) == (12, 61, 3.0)
    assert isinstance(values["guidance"], float)


@pytest.mark.parametrize("key", ["prompt", "PROMPT", "COSMOS_REASON_PROMPT"])
def test_prompt_as_a_parameter(key: str) -> None:
    values, findings = resolve_parameters(REASON, "2B", "video2text", {key: "What happens?"})
    assert findings == []
    assert values["prompt"] == "What happens?"
    assert "prompt" not in resolve_parameters(REASON, "2B", "video2text", {})[0]


def test_invalidate_is_understood_and_explained() -> None:
    values, findings = resolve_parameters(REASON, "2B", "video2text", {"INVALIDATE_COSMOS_MODELS": "true"})
    assert [(item.rule, item.level) for item in findings] == [("invalidate_ignored", Level.WARNING)]
    assert "invalidate_cosmos_models" not in {key.lower() for key in values}


@pytest.mark.parametrize(("text", "value"), [("true", True), ("Yes", True), ("0", False), ("off", False)])
def test_booleans(text: str, value: bool) -> None:
    assert resolve_parameters(REASON, "2B", "image2text", {"reasoning": text})[0]["reasoning"] is value


def test_all_problems_at_once() -> None:
    _values, findings = resolve_parameters(PREDICT, "2B", "video2world", {"steps": "x", "frames": "6", "colour": "red"})
    assert [item.rule for item in findings] == ["parameter_invalid", "parameter_invalid", "parameter_unknown"]


@settings(deadline=None, derandomize=True, database=None)
@given(st.dictionaries(st.sampled_from([*PREDICT.parameters, "prompt", "nope", ""]), st.text(max_size=12)))
def test_any_text_gives_values_of_the_right_type_or_an_error(given: dict[str, str]) -> None:
    values, findings = resolve_parameters(PREDICT, "2B", "video2world", given)
    kinds = {"int": int, "float": float, "str": str, "bool": bool}
    for name, parameter in PREDICT.parameters.items():
        assert isinstance(values[name], kinds[parameter.type])
    unknown = {"nope", ""} & set(given)
    assert len([item for item in findings if item.rule == "parameter_unknown"]) == len(unknown)


@settings(deadline=None, derandomize=True, database=None)
@given(st.integers(-10, 120))
def test_frames_are_4k_plus_1(frames: int) -> None:
    _values, findings = resolve_parameters(PREDICT, "2B", "video2world", {"frames": str(frames)})
    assert (findings == []) == (5 <= frames <= 93 and frames % 4 == 1)
