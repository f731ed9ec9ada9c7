"""Finds blueprints by their folders: `blueprints/**/blueprint.yaml`. Nothing is registered by hand.

Names are known without parsing; a manifest is parsed and checked when it is asked for. Must not know AWS or pools.
"""

from __future__ import annotations

import json
from pathlib import Path

from pydantic import ValidationError

from cosmosctl import assets
from cosmosctl.blueprints.consistency import inconsistencies
from cosmosctl.blueprints.schema import PATTERN_HELP, Blueprint
from cosmosctl.config.explain import Explainer
from cosmosctl.config.schema import did_you_mean
from cosmosctl.config.yamltree import Tree, parse
from cosmosctl.errors import CosmosctlError
from cosmosctl.findings import Finding, Level

MANIFEST = "blueprint.yaml"


def discover(root: Path | None = None) -> list[str]:
    """Names of all blueprints below `root` (the shipped ones by default), sorted."""
    folder = root or assets.find().blueprints
    return sorted(path.parent.relative_to(folder).as_posix() for path in folder.glob(f"**/{MANIFEST}"))


def load_blueprint(name: str, root: Path | None = None) -> Blueprint:
    """Raises `unknown_name`, or `invalid_blueprint` with every finding and its place."""
    folder = root or assets.find().blueprints
    names = discover(folder)
    if name not in names:
        hint = did_you_mean(name, names, f"known: {', '.join(names)}" if names else f"there are none below {folder}")
        raise CosmosctlError("unknown_name", f"there is no blueprint {name!r}", path=name, hint=hint)
    path = folder / name / MANIFEST
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CosmosctlError("invalid_blueprint", f"{path} cannot be read: {error}", path=name, hint="save it as UTF-8 text") from error
    blueprint, findings = parse_blueprint(text, f"{name}/{MANIFEST}", name)
    if blueprint is None or findings:
        raise _refusal(name, findings)
    return blueprint


def parse_blueprint(text: str, file: str, folder: str) -> tuple[Blueprint | None, list[Finding]]:
    """A manifest's text to its model and everything wrong with it."""
    tree = parse(text, file)
    if tree.findings:
        return None, list(tree.findings)
    if not isinstance(tree.data, dict):
        return None, [Finding("", Level.ERROR, "wrong_type", "a blueprint is a map of keys", "see blueprints/predict", tree.at(1))]
    try:
        blueprint = Blueprint.model_validate_json(json.dumps(tree.data), strict=True)
    except ValidationError as error:
        return None, Explainer(Blueprint, tree, PATTERN_HELP).findings(error)
    return blueprint, [_placed(finding, tree) for finding in inconsistencies(blueprint, folder)]


def _placed(finding: Finding, tree: Tree) -> Finding:
    return Finding(finding.path, finding.level, finding.rule, finding.message, finding.hint, tree.location(finding.path))


def _refusal(name: str, findings: list[Finding]) -> CosmosctlError:
    first = findings[0]
    return CosmosctlError(
        "invalid_blueprint", f"blueprint {name} has {len(findings)} error{'s' if len(findings) > 1 else ''}; first: {first.message}",
        path=first.path, hint=first.hint, location=first.location, findings=findings,
    )  # fmt: skip
