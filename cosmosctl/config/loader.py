"""From argv, environment and file to a `Deployment`, with the origin of every value and all findings at once.

`read` collects, `load` refuses. What the values mean together is the business of `checks.rules`; this module must not
know AWS or the catalogue.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, get_origin

from pydantic import ValidationError

from cosmosctl.config import discovery, overrides, schema
from cosmosctl.config.explain import Explainer
from cosmosctl.config.model import PATTERN_HELP, Deployment
from cosmosctl.config.yamltree import Tree, leaves, parse
from cosmosctl.errors import CosmosctlError
from cosmosctl.findings import Finding, Level, errors

SALVAGE_ROUNDS = 4  # a wrong entry may leave its map without a required key, and so on upwards


@dataclass(frozen=True)
class Origin:
    """Where a value came from. `kind`: flag, env, file or default; `detail`: the flag, the variable or file:line:column."""

    kind: str
    detail: str = ""

    def __str__(self) -> str:
        return self.detail or self.kind


@dataclass(frozen=True)
class Loaded:
    """A valid deployment. `path` is None for stdin; `folder` holds `.cosmosctl/`; `findings` are warnings and infos."""

    deployment: Deployment
    origins: Mapping[str, Origin]
    path: Path | None
    folder: Path
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True)
class Draft:
    """What could be read, right or wrong.

    `deployment` is complete when `findings` hold no error. With errors it is what is left when the wrong values are
    taken out, so that rules can still look at the rest; None when nothing is left.
    """

    deployment: Deployment | None
    findings: tuple[Finding, ...]
    tree: Tree
    path: Path | None
    folder: Path
    layered: overrides.Layered = field(default_factory=lambda: overrides.Layered({}))

    @property
    def wrong_paths(self) -> list[str]:
        return [finding.path for finding in errors(self.findings) if finding.path]

    def raise_on_errors(self) -> None:
        """Raises `invalid_config` when the text cannot be a deployment."""
        accept(self)

    def located(self, findings: Sequence[Finding]) -> list[Finding]:
        """The findings with the file's place, or the flag or variable, of what they are about."""
        return [self._located(finding) for finding in findings]

    def _located(self, finding: Finding) -> Finding:
        if finding.location:
            return finding
        override = _source(self.layered, finding.path)
        if override:
            return replace(finding, message=f"{finding.message} (from {override.detail})")
        return replace(finding, location=self.tree.location(finding.path))


def load(
    path: str | Path | None,
    env: Mapping[str, str],
    overrides: Sequence[str] = (),
    *,
    flags: Mapping[str, Any] | None = None,
    cwd: Path | None = None,
) -> Loaded:
    """The deployment, or `config_not_found` / `invalid_config` with every finding of the file.

    Args:
        path: `-f`; None or "" looks at COSMOSCTL_FILE, then at the working folder and its parents; "-" is stdin.
        env: the process environment.
        overrides: `--set` expressions.
        flags: other flags by configuration path, e.g. {"target": "aws"}; None values are ignored.
        cwd: the working folder.
    """
    return accept(read(path, env, overrides, flags=flags, cwd=cwd))


def read(
    path: str | Path | None,
    env: Mapping[str, str],
    set_expressions: Sequence[str] = (),
    *,
    flags: Mapping[str, Any] | None = None,
    cwd: Path | None = None,
) -> Draft:
    """As `load`, but what is wrong inside the file stays a finding. Raises when there is no readable text at all."""
    here = cwd or Path.cwd()
    given = str(path or "") or env.get("COSMOSCTL_FILE", "")
    over = [*overrides.from_env(env), *overrides.from_set(set_expressions), *overrides.from_flags(flags or {})]
    if given == discovery.STDIN:
        return draft(discovery.read_stdin(), "<stdin>", None, here, over=over, warnings=overrides.misspelt(env))
    found = discovery.find(given, here)
    return draft(discovery.read_text(found), _shown(found, here), found, found.parent, over=over, warnings=overrides.misspelt(env))


def accept(candidate: Draft, more: Sequence[Finding] = ()) -> Loaded:
    """The loaded deployment with `more` findings (of rules). Raises `invalid_config` when any of them is an error.

    Rules stay silent about parts whose shape is wrong already: one cause, one finding.
    """
    rest = [finding for finding in more if not any(_touches(finding.path, path) for path in candidate.wrong_paths)]
    everything = in_order([*candidate.findings, *candidate.located(rest)])
    wrong = errors(everything)
    if wrong or candidate.deployment is None:
        raise _refusal(candidate.tree.file, everything, wrong)
    return Loaded(candidate.deployment, _origins(candidate.deployment, candidate), candidate.path, candidate.folder, tuple(everything))


def load_text(text: str, file: str) -> Draft:
    """A draft of text that is not (yet) a file."""
    return draft(text, file, None, Path(file).parent)


def draft(
    text: str, file: str, path: Path | None, folder: Path, *, over: Sequence[overrides.Override] = (), warnings: Sequence[Finding] = ()
) -> Draft:
    """Text to draft, without touching the file system."""
    tree = parse(text, file)
    findings = [*tree.findings, *warnings]
    if any(item.rule in ("yaml_syntax", "yaml_too_big") for item in tree.findings):
        return Draft(None, tuple(findings), tree, path, folder)
    if tree.data is None and not over:
        findings.append(Finding("", Level.ERROR, "empty_file", f"{file} is empty", discovery.INIT, tree.at(1)))
        return Draft(None, tuple(findings), tree, path, folder)
    if tree.data is not None and not isinstance(tree.data, dict):
        findings.append(
            Finding("", Level.ERROR, "wrong_type", "the file must be a map of keys such as `name: demo`", discovery.INIT, tree.at(1))
        )
        return Draft(None, tuple(findings), tree, path, folder)
    layered = overrides.layer(_without_empty(tree.data or {}), over)
    deployment, wrong = _validate(layered, tree)
    return Draft(deployment, (*findings, *wrong), tree, path, folder, layered)


def _validate(layered: overrides.Layered, tree: Tree) -> tuple[Deployment | None, list[Finding]]:
    """Strict types as in JSON: "5" is not 5 and true is not 1, but text may name an enum member."""
    data, findings = layered.data, list[Finding]()
    explainer = Explainer(Deployment, tree, PATTERN_HELP, {path: item.detail for path, item in layered.overrides.items()})
    for _attempt in range(SALVAGE_ROUNDS):
        try:
            return Deployment.model_validate_json(json.dumps(data), strict=True), findings
        except ValidationError as error:
            findings = findings or explainer.findings(error)
            data = _salvaged(data, [_blamed(item) for item in error.errors(include_url=False)])
    return None, findings


def _blamed(item: Any) -> list[str]:
    """The keys down to what has to go: the map around a missing key, the list around a wrong entry."""
    parts = [part for part in item["loc"] if part != "[key]"]
    if item["type"] == "missing":
        parts = parts[:-1] or parts
    first_index = next((index for index, part in enumerate(parts) if isinstance(part, int)), len(parts))
    return [str(part) for part in parts[:first_index]]


def _salvaged(data: dict[str, Any], wrong: Sequence[list[str]]) -> dict[str, Any]:
    """The data without what is wrong; a name stands in so that rules see the rest."""
    out: dict[str, Any] = json.loads(json.dumps(data))
    for parts in wrong:
        node: Any = out
        for part in parts[:-1]:
            node = node.get(part) if isinstance(node, dict) else None
        if isinstance(node, dict):
            node.pop(parts[-1], None)
    out.setdefault("name", "unnamed")
    return out


def _without_empty(data: Mapping[str, Any]) -> dict[str, Any]:
    """A section whose entries are all commented out (`network:`) means its defaults, not a mistake."""
    out: dict[str, Any] = {}
    for key, value in data.items():
        annotation = schema.annotation_at(Deployment, [key])
        inner = schema.bare(annotation)
        if value is None and (schema.is_model(inner) or get_origin(inner) is dict):
            continue
        out[key] = value
    return out


def _touches(one: str, other: str) -> bool:
    """One path is the other, or lies inside it."""
    short, long = sorted((one, other), key=len)
    return long == short or long.startswith((f"{short}.", f"{short}["))


def _source(layered: overrides.Layered, path: str) -> overrides.Override | None:
    while path:
        if path in layered.overrides:
            return layered.overrides[path]
        path = path[: max(path.rfind("."), path.rfind("["), 0)]
    return None


def _origins(deployment: Deployment, candidate: Draft) -> dict[str, Origin]:
    out: dict[str, Origin] = {}
    for path, _value in leaves(deployment.model_dump(mode="json")):
        override = _source(candidate.layered, path)
        spot = candidate.tree.spots.get(path)
        if override:
            out[path] = Origin(override.kind, override.detail)
        elif spot:
            out[path] = Origin("file", f"{candidate.tree.file}:{spot.key[0]}:{spot.key[1]}")
        else:
            out[path] = Origin("default")
    return out


def in_order(findings: Sequence[Finding]) -> list[Finding]:
    """By place in the file; what has no place comes last; equal findings once."""
    nowhere = (1, 0, 0)
    unique = list(dict.fromkeys(findings))
    return sorted(unique, key=lambda item: (0, item.location.line, item.location.column) if item.location else nowhere)


def _refusal(file: str, everything: Sequence[Finding], wrong: Sequence[Finding]) -> CosmosctlError:
    """One error that carries all findings and repeats the first, for those who read only the last line."""
    first = wrong[0]
    count = f"{len(wrong)} errors" if len(wrong) > 1 else "1 error"
    return CosmosctlError(
        "invalid_config",
        f"{count} in {file}; first: {first.message}",
        hint=first.hint,
        path=first.path,
        location=first.location,
        findings=everything,
    )


def _shown(path: Path, cwd: Path) -> str:
    """Relative to the working folder when it lies below it: short, and clickable."""
    return str(path.relative_to(cwd)) if path.is_relative_to(cwd) else str(path)
