"""Jinja with no mercy: an undefined name is an error, output is plain text, and nothing is looked up outside `root`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from jinja2.exceptions import TemplateError

from cosmosctl.errors import CosmosctlError

SUFFIX = ".j2"


def render_text(root: Path, name: str, values: Mapping[str, Any]) -> str:
    """Renders `root/name`."""
    loader = FileSystemLoader(root)
    # Dockerfiles and YAML, never HTML: escaping would break them.
    environment = Environment(loader=loader, undefined=StrictUndefined, autoescape=False, keep_trailing_newline=True)  # noqa: S701
    try:
        return environment.get_template(name).render(**values)
    except TemplateError as error:
        raise CosmosctlError("internal", f"template {name}: {error}", path=str(root / name)) from error


def render_tree(root: Path, values: Mapping[str, Any]) -> dict[str, bytes]:
    """Every file below `root`: templates rendered under their name without `.j2`, other files as they are."""
    files: dict[str, bytes] = {}
    for path in sorted(item for item in root.rglob("*") if item.is_file()):
        name = path.relative_to(root).as_posix()
        if name.endswith(SUFFIX):
            files[name.removesuffix(SUFFIX)] = render_text(root, name, values).encode()
        else:
            files[name] = path.read_bytes()
    return files
