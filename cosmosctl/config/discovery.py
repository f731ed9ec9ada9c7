"""Finds cosmosctl.yaml and reads it as text, whatever is wrong with the file being one explained error.

Search order: the given path, then the working folder and its parents up to the repository root (or the root of the
file system). Must not know YAML.
"""

from __future__ import annotations

import sys
from pathlib import Path

from cosmosctl.errors import CosmosctlError

FILE_NAME = "cosmosctl.yaml"
STDIN = "-"
MAX_BYTES = 1024 * 1024
INIT = "cosmosctl init   writes a commented one"


def find(given: str, cwd: Path) -> Path:
    """The file to use. `given` comes from `-f` or COSMOSCTL_FILE, "" when neither is set. Raises `config_not_found`."""
    if given:
        path = (cwd / Path(given).expanduser()).absolute()
        if not path.exists():
            raise CosmosctlError("config_not_found", f"there is no file {given}", path=given, hint=f"{INIT}, or give another with -f")
        return path
    found = search(cwd)
    if found is None:
        raise CosmosctlError("config_not_found", f"no {FILE_NAME} here or in a parent folder", path=str(cwd), hint=INIT)
    return found


def search(cwd: Path) -> Path | None:
    """`cosmosctl.yaml` in `cwd` or the nearest parent; the walk ends at a repository root."""
    for folder in (cwd, *cwd.parents):
        path = folder / FILE_NAME
        if path.exists():
            return path
        if (folder / ".git").exists():
            return None
    return None


def read_text(path: Path) -> str:
    """The text of a regular, readable, UTF-8 file of sane size. Raises `invalid_config`."""
    if path.is_dir():
        raise _invalid(path, f"is a folder, not a {FILE_NAME}", f"-f {path}/{FILE_NAME}, or {INIT}")
    if not path.is_file():
        raise _invalid(path, "is not a regular file", INIT)
    try:
        with path.open("rb") as stream:
            raw = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise _invalid(path, f"cannot be read: {error.strerror}", f"chmod u+r {path}") from error
    return decode(raw, str(path))


def read_stdin() -> str:
    return decode(sys.stdin.buffer.read(MAX_BYTES + 1), "<stdin>")


def decode(raw: bytes, file: str) -> str:
    if len(raw) > MAX_BYTES:
        raise _invalid(file, f"is larger than {MAX_BYTES // 1024 // 1024} MiB", "this is hardly a cosmosctl.yaml; give another with -f")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise _invalid(file, f"is not UTF-8 text (byte 0x{raw[error.start]:02x} in line {line})", "save it as UTF-8") from error


def _invalid(path: Path | str, message: str, hint: str) -> CosmosctlError:
    return CosmosctlError("invalid_config", f"{path} {message}", path=str(path), hint=hint)
