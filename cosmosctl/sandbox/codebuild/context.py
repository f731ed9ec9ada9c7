"""Whether a build could work: its source archive, its build specification, its Dockerfile; and the image it would give.

Pure: bytes and strings in, findings and a manifest out. It must not know moto or threads.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml

MEDIA_TYPE = "application/vnd.docker.distribution.manifest.v2+json"
LAYER_TYPE = "application/vnd.docker.image.rootfs.diff.tar.gzip"
DEFAULT_SPEC = "buildspec.yml"
REPOSITORY_VARIABLES = ("REPOSITORY_URI", "REPOSITORY_URL")


class BuildFailed(Exception):
    """A phase that fails, with the code and message that CodeBuild puts into the phase's context."""

    def __init__(self, phase: str, code: str, message: str) -> None:
        super().__init__(message)
        self.phase, self.code, self.message = phase, code, message


@dataclass(frozen=True)
class Image:
    repository: str
    tag: str
    manifest: str

    @property
    def digest(self) -> str:
        return f"sha256:{hashlib.sha256(self.manifest.encode()).hexdigest()}"


def names_in(archive: bytes) -> list[str]:
    try:
        with zipfile.ZipFile(io.BytesIO(archive)) as opened:
            return opened.namelist()
    except zipfile.BadZipFile as error:
        raise BuildFailed("DOWNLOAD_SOURCE", "CLIENT_ERROR", f"the source is not a zip archive: {error}") from error


def check_spec(given: str | None, archive: bytes) -> dict[str, Any]:
    """The build specification, given inline or as a file of the archive."""
    inline = bool(given) and ("\n" in str(given) or str(given).lstrip().startswith("version"))
    name = given if given and not inline else DEFAULT_SPEC
    if inline:
        text = str(given)
    elif name in names_in(archive):
        with zipfile.ZipFile(io.BytesIO(archive)) as opened:
            text = opened.read(str(name)).decode("utf-8", "replace")
    else:
        raise BuildFailed("DOWNLOAD_SOURCE", "YAML_FILE_ERROR", f"stat /codebuild/output/src/{name}: no such file or directory")
    try:
        spec = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise BuildFailed("DOWNLOAD_SOURCE", "YAML_FILE_ERROR", f"the build specification is not YAML: {error}") from error
    if not isinstance(spec, dict) or not isinstance(spec.get("phases"), dict) or "version" not in spec:
        raise BuildFailed("DOWNLOAD_SOURCE", "YAML_FILE_ERROR", "the build specification needs a version and phases")
    return spec


def check_dockerfile(archive: bytes) -> str:
    found = sorted((n for n in names_in(archive) if n.rpartition("/")[2].startswith("Dockerfile")), key=lambda n: (n.count("/"), n))
    if not found:
        text = "ERROR: failed to read dockerfile: open Dockerfile: no such file or directory"
        raise BuildFailed("BUILD", "COMMAND_EXECUTION_ERROR", f"Error while executing command: docker build. {text}")
    return found[0]


def target(variables: Mapping[str, str]) -> tuple[str, str]:
    """Repository name and tag that the build would push to."""
    address = next((variables[name] for name in REPOSITORY_VARIABLES if variables.get(name)), "")
    tag = variables.get("IMAGE_TAG", "")
    if not tag:
        raise BuildFailed("PRE_BUILD", "COMMAND_EXECUTION_ERROR", "IMAGE_TAG is not set")
    if not address:
        raise BuildFailed("PRE_BUILD", "COMMAND_EXECUTION_ERROR", f"none of {', '.join(REPOSITORY_VARIABLES)} is set")
    return address.partition("/")[2], tag


def image(archive: bytes, variables: Mapping[str, str]) -> Image:
    """The same source and engine give the same digest."""
    repository, tag = target(variables)
    source = hashlib.sha256(archive).hexdigest()
    config = hashlib.sha256(f"{source}/{variables.get('ENGINE', '')}".encode()).hexdigest()
    manifest = {
        "schemaVersion": 2,
        "mediaType": MEDIA_TYPE,
        "config": {"mediaType": "application/vnd.docker.container.image.v1+json", "size": len(archive), "digest": f"sha256:{config}"},
        "layers": [{"mediaType": LAYER_TYPE, "size": len(archive), "digest": f"sha256:{source}"}],
    }
    return Image(repository, tag, json.dumps(manifest, sort_keys=True))
