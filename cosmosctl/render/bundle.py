"""The build context of a worker image: path -> bytes, with a tag that changes exactly when the content does.

Only the part of the package that a worker imports goes in, so that work on the command line builds no new image. This
module must not know registries or build services.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Mapping
from pathlib import Path

from cosmosctl.catalog.engines import uses_model
from cosmosctl.catalog.versions import versions
from cosmosctl.errors import CosmosctlError
from cosmosctl.render.engine import render_tree

PACKAGE_PARTS = (
    "__init__.py", "errors.py", "findings.py", "files.py", "ports", "catalog", "runs", "media", "worker",
    "adapters/__init__.py", "adapters/environment.py", "adapters/session.py", "adapters/s3.py", "adapters/s3_retry.py",
)  # fmt: skip
SUFFIXES = {".py", ".yaml"}
DIGITS = 16
EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest time a zip can hold
FILE_MODE = 0o644 << 16


def image_context(templates: Path, package: Path, engine: str) -> dict[str, bytes]:
    """Everything that `docker build` sees. Raises `unknown_name` for an engine without a container template."""
    root = templates / "container" / engine
    if not root.is_dir():
        known = ", ".join(sorted(path.name for path in (templates / "container").iterdir() if path.is_dir()))
        raise CosmosctlError(
            "unknown_name", f"there is no container template for engine {engine!r}", path="--engine", hint=f"known: {known}"
        )
    base = versions().images["gpu" if uses_model(engine) else "cpu"]
    files = render_tree(root, {"engine": engine, "base_image": base})
    return files | {f"cosmosctl/{name}": body for name, body in _package(package).items()}


def _package(package: Path) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for part in PACKAGE_PARTS:
        path = package / part
        for file in [path] if path.is_file() else sorted(path.rglob("*")):
            if file.is_file() and file.suffix in SUFFIXES and "__pycache__" not in file.parts:
                found[file.relative_to(package).as_posix()] = file.read_bytes()
    return found


def image_tag(engine: str, context: Mapping[str, bytes]) -> str:
    """`<engine>-<hash>`."""
    digest = hashlib.sha256()
    for name, body in sorted(context.items()):
        digest.update(f"{name}\0{len(body)}\0".encode() + body)
    return f"{engine}-{digest.hexdigest()[:DIGITS]}"


def zipped(context: Mapping[str, bytes]) -> bytes:
    """The same content gives the same bytes, on any machine and at any time."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in sorted(context.items()):
            entry = zipfile.ZipInfo(name, EPOCH)
            entry.external_attr, entry.create_system, entry.compress_type = FILE_MODE, 3, zipfile.ZIP_DEFLATED
            archive.writestr(entry, body)
    return buffer.getvalue()
