"""Reading YAML: nothing that stands in a file may raise, and every value keeps its place."""

from __future__ import annotations

import json
import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cosmosctl.config import loader, schema, yamltree
from cosmosctl.config.model import Deployment

STEADY = settings(deadline=None, max_examples=80, derandomize=True, database=None)


@STEADY
@given(st.text(max_size=200))
def test_no_text_raises(text: str) -> None:
    draft = loader.load_text(text, "x.yaml")
    assert draft.findings or draft.deployment is not None


@STEADY
@given(st.text(alphabet="abn:-[]{}&*!|>'\"#%@`,?\n \t<0.", max_size=120))
def test_no_punctuation_raises(text: str) -> None:
    loader.load_text(text, "x.yaml")


PLAIN = st.text(alphabet=string.ascii_letters + string.digits + " -_:#'{}[],&*!|>%@", max_size=12)
SCALARS = st.one_of(st.none(), st.booleans(), st.integers(-(2**63), 2**63), st.floats(allow_nan=False, allow_infinity=False), PLAIN)
DATA = st.recursive(SCALARS, lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(PLAIN, inner, max_size=3)), max_leaves=8)


@STEADY
@given(st.dictionaries(PLAIN, DATA, max_size=4))
def test_json_is_read_as_json_does(data: dict[str, object]) -> None:
    tree = yamltree.parse(json.dumps(data, indent=1), "x.yaml")
    assert tree.findings == []
    assert tree.data == data


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0x1f", 31),
        ("1_000", 1000),
        ("-5", -5),
        ("1e3", 1000.0),
        (".inf", float("inf")),
        ("yes", "yes"),
        ("True", True),
        ("~", None),
        ("2024-01-01", "2024-01-01"),
    ],
)
def test_scalars(text: str, value: object) -> None:
    assert yamltree.scalar(text) == value


def test_places_of_keys_and_values() -> None:
    tree = yamltree.parse("a:\n  b: [x, y]\n  'c d':   z\n", "f.yaml")
    assert tree.spots["a.b"].key == (2, 3)
    assert tree.spots["a.b[1]"].value == (2, 10)
    assert tree.spots["a.c d"].value == (3, 12)
    location = tree.location("a.b[1]")
    assert location is not None
    assert (str(location), location.source) == ("f.yaml:2:10", "  b: [x, y]")


def test_place_of_something_absent_is_its_parent() -> None:
    tree = yamltree.parse("a:\n  b: 1\n", "f.yaml")
    location = tree.location("a.z.y")
    assert location is not None
    assert (location.line, location.column) == (1, 1)
    assert tree.location("q") is None


def test_long_lines_are_cut_with_a_mark() -> None:
    tree = yamltree.parse("a: " + "x" * 500 + "\n", "f.yaml")
    location = tree.location("a")
    assert location is not None
    assert len(location.source) == 160
    assert location.source.endswith("...")


def test_schema_knows_paths_and_homes() -> None:
    paths = set(schema.paths(Deployment))
    assert {"name", "network.existing.vpc_id", "budget.emails"} <= paths
    assert not any(path.startswith("batch.pools") for path in paths)
    assert list(schema.homes(Deployment, "purchase")) == ["batch.pools.<name>.purchase"]
    assert schema.annotation_at(Deployment, ["batch", "pools", "x", "instance_types", 0]) is not None
    assert schema.annotation_at(Deployment, ["batch", "nope"]) is None


def test_did_you_mean() -> None:
    assert schema.did_you_mean("Sandbx", ["sandbox", "aws"]) == "did you mean `sandbox`?"
    assert schema.did_you_mean("zzz", ["sandbox", "aws"]) == "allowed: sandbox, aws"
    assert schema.did_you_mean("zzz", ["a"], "else") == "else"
