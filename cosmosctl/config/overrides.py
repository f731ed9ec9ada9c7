"""Values that beat the file: flags, `--set` and COSMOSCTL_* variables, laid over its data, each with its source.

Precedence: flag > environment > file > default. Pure: the environment is given as a mapping.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, get_args, get_origin

from cosmosctl.config import schema
from cosmosctl.config.model import Deployment
from cosmosctl.config.yamltree import join, scalar
from cosmosctl.errors import CosmosctlError
from cosmosctl.findings import Finding, Level

PREFIX = "COSMOSCTL_"
# Variables of the command line and of the worker, which are not configuration.
OTHER = ("FILE", "OUTPUT", "YES", "DEBUG", "RUN_URI", "SUBMISSION", "SET", "ONLY", "SKIP", "SKIP_CHECK", "VERBOSE", "QUIET", "PLAN")


@dataclass(frozen=True)
class Override:
    path: str
    value: Any
    kind: str  # "flag" | "env"
    detail: str  # "--region", "--set region=...", "COSMOSCTL_REGION"


@dataclass(frozen=True)
class Layered:
    """Data after the overrides; `sources` maps the path of each override to what gave it."""

    data: dict[str, Any]
    overrides: dict[str, Override] = field(default_factory=dict)


def variables() -> dict[str, str]:
    """Every COSMOSCTL_* variable that configures something -> the path that it sets."""
    return {PREFIX + path.replace(".", "_").upper(): path for path in schema.paths(Deployment) if path != "version"}


def from_env(env: Mapping[str, str]) -> list[Override]:
    known = variables()
    given = [(name, env[name]) for name in sorted(env) if name in known and env[name] != ""]
    return [Override(known[name], _typed(known[name], text, name), "env", name) for name, text in given]


def misspelt(env: Mapping[str, str]) -> list[Finding]:
    """A variable that is nearly one of ours is a typo that would be ignored silently otherwise."""
    known = [*variables(), *(PREFIX + name for name in OTHER)]
    findings = []
    for name in sorted(item for item in env if item.startswith(PREFIX) and item not in known):
        close = difflib.get_close_matches(name, known, n=1, cutoff=0.9)
        if close:
            message, hint = f"{name} is not a variable of cosmosctl", f"did you mean {close[0]}?"
            findings.append(Finding(name, Level.WARNING, "unknown_variable", message, hint))
    return findings


def from_flags(flags: Mapping[str, Any]) -> list[Override]:
    """`flags` maps a path to its value; None means that the flag was not given."""
    given = [(path, value) for path, value in flags.items() if value is not None]
    return [Override(path, value, "flag", "--" + path.split(".")[-1].replace("_", "-")) for path, value in given]


def from_set(expressions: Sequence[str]) -> list[Override]:
    """`a.b.c=value` with the value typed as in YAML. Raises `usage` for anything else."""
    return [_set(text) for text in expressions]


def _set(expression: str) -> Override:
    path, equals, text = expression.partition("=")
    path = path.strip()
    if not equals or not path or not all(path.split(".")):
        hint = "for example --set batch.pools.gpu48.max_vcpus=64"
        raise CosmosctlError("usage", f"--set takes KEY=VALUE; {expression!r} was given", path="--set", hint=hint)
    if "[" in path:
        hint = "give the whole list: --set key='[a, b]'"
        raise CosmosctlError("usage", f"--set cannot change one entry of a list ({path})", path="--set", hint=hint)
    return Override(path, _typed(path, text, "--set"), "flag", f"--set {path}")


def _typed(path: str, text: str, source: str) -> Any:
    """Text stays text where the model wants text (a version 1.30, a name 007); else YAML decides."""
    target = schema.bare(schema.annotation_at(Deployment, split(path)))
    if target is str:
        return text
    if get_origin(target) is list and not text.strip().startswith("["):
        return [item.strip() for item in text.split(",") if item.strip()]
    try:
        return scalar(text)
    except ValueError as error:
        message, hint = f"the value of {path} cannot be read: {error}", "quote the value, for example 'a: b'"
        raise CosmosctlError("usage", message, path=source, hint=hint) from error


def split(path: str) -> list[str]:
    """Path parts; below a map of plain values (tags) the rest is one key, whatever dots it holds."""
    parts = path.split(".")
    for index in range(1, len(parts)):
        inner = schema.bare(schema.annotation_at(Deployment, parts[:index]))
        if get_origin(inner) is dict and not schema.is_model(schema.bare(get_args(inner)[1])):
            return [*parts[:index], ".".join(parts[index:])]
    return parts


def layer(data: Mapping[str, Any], overrides: Sequence[Override]) -> Layered:
    """Later overrides win. A map that the file leaves out starts from its default, so that one value of it can be set."""
    out = _copy(data)
    used: dict[str, Override] = {}
    for override in overrides:
        parts = split(override.path)
        node, here = out, ""
        for index, part in enumerate(parts[:-1]):
            here = join(here, part)
            if not isinstance(node.get(part), dict):
                node[part] = _default_map(parts[: index + 1])
            node = node[part]
        node[parts[-1]] = override.value
        used[join(here, parts[-1])] = override
    return Layered(out, used)


def _default_map(parts: Sequence[str]) -> dict[str, Any]:
    """The default of a map of named things (`batch.pools`), {} for a section: its fields have their own defaults."""
    inner = schema.bare(schema.annotation_at(Deployment, parts))
    if get_origin(inner) is not dict:
        return {}
    value: Any = Deployment(name="default")
    for part in parts:
        value = getattr(value, part, {})
    return {key: item.model_dump(mode="json") if hasattr(item, "model_dump") else item for key, item in value.items()}


def _copy(data: Any) -> Any:
    if isinstance(data, dict):
        return {key: _copy(item) for key, item in data.items()}
    return [_copy(item) for item in data] if isinstance(data, list) else data
