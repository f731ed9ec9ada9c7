"""Finds what travels beside the code (Terraform, blueprints, templates, examples), in a checkout or in the wheel.

Read-only by contract: nothing is ever written below these folders. Must not know what is in them.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Assets:
    """Read-only folders. `package` is the cosmosctl package itself: its source goes into the worker image."""

    infra: Path
    blueprints: Path
    templates: Path
    examples: Path
    package: Path


def find(package: Path = PACKAGE) -> Assets:
    """In a wheel they lie in `cosmosctl/_assets`, in a checkout beside the package."""
    packed = package / "_assets"
    root = packed if packed.is_dir() else package.parent
    return Assets(root / "infra", root / "blueprints", root / "templates", root / "examples", package)
