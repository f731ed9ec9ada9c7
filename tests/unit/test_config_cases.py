"""Every wrong file of the table, through loader and rules: code, place, path, hint; and nothing but text was read."""

from __future__ import annotations

from pathlib import Path

import pytest

from cosmosctl.blueprints.parameters import resolve_parameters
from cosmosctl.blueprints.registry import load_blueprint
from cosmosctl.checks import offline_findings
from cosmosctl.config import loader
from cosmosctl.errors import ERROR_CODES, CosmosctlError
from cosmosctl.findings import Level
from tests.cli.cases.config_cases import CONFIG_CASES, PARAM_CASES
from tests.cli.cases.kinds import ConfigCase, ParamCase


def load(case: ConfigCase, folder: Path) -> loader.Loaded:
    draft = loader.read(None, case.env, case.sets, cwd=folder)
    return loader.accept(draft, offline_findings(draft.deployment) if draft.deployment else ())


def refused(case: ConfigCase, folder: Path) -> CosmosctlError:
    raw = case.text if isinstance(case.text, bytes) else case.text.encode()
    (folder / "cosmosctl.yaml").write_bytes(raw)
    with pytest.raises(CosmosctlError) as caught:
        load(case, folder)
    return caught.value


@pytest.mark.parametrize("case", CONFIG_CASES, ids=lambda case: case.id)
def test_wrong_file(case: ConfigCase, tmp_path: Path) -> None:
    error = refused(case, tmp_path)
    assert error.code == case.code
    assert ERROR_CODES[error.code] in (2, 3)
    if not case.rule:  # refused before there was anything to find
        assert case.hint in error.hint
        assert case.message in error.message
        assert error.path.endswith(case.path)
        return
    matching = [item for item in error.findings if item.rule == case.rule and item.path == case.path and item.level is Level.ERROR]
    assert matching, f"no {case.rule} about {case.path!r} in {[(item.rule, item.path) for item in error.findings]}"
    found = matching[0]
    assert case.hint in found.hint
    assert case.message in found.message
    if case.place:
        assert found.location is not None
        assert (found.location.line, found.location.column) == case.place
        assert found.location.file == "cosmosctl.yaml"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cosmosctl.yaml"]


@pytest.mark.parametrize("case", CONFIG_CASES, ids=lambda case: case.id)
def test_one_cause_is_one_error(case: ConfigCase, tmp_path: Path) -> None:
    found = [item for item in refused(case, tmp_path).findings if item.level is Level.ERROR]
    allowed = {"alias-bomb", "list-as-key", "python-tag"}  # the anchors stand under keys that are unknown as well
    assert len(found) <= 1 or case.id in allowed, [(item.rule, item.path, item.message) for item in found]


@pytest.mark.parametrize("case", PARAM_CASES, ids=lambda case: case.id)
def test_wrong_parameter(case: ParamCase) -> None:
    blueprint = load_blueprint(case.blueprint)
    _values, findings = resolve_parameters(blueprint, case.variant, case.task, case.given)
    assert [(item.rule, item.path, item.level) for item in findings] == [(case.rule, case.path, Level.ERROR)]
    assert case.hint in findings[0].hint
    assert case.message in findings[0].message


def test_ids_are_unique() -> None:
    ids = [case.id for case in CONFIG_CASES]
    assert len(set(ids)) == len(ids) >= 80
    assert len({case.id for case in PARAM_CASES}) == len(PARAM_CASES)
