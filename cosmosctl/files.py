"""Writing into the working folder: atomic, durable, and with errors that a user can act on.

This module must not know what is written.
"""

from __future__ import annotations

import errno
import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cosmosctl.errors import CosmosctlError

_FULL = {errno.ENOSPC, errno.EDQUOT}
_DENIED = {errno.EROFS, errno.EACCES, errno.EPERM, errno.ENOTDIR, errno.EISDIR}


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turns what the file system says into `disk_full` or `workdir_unwritable`."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise CosmosctlError(
                "disk_full", f"no space left while writing {path}", path=str(path), hint="free some space, then run the same command again"
            ) from error
        if error.errno in _DENIED:
            raise CosmosctlError(
                "workdir_unwritable",
                f"cannot write {path}: {error.strerror}",
                path=str(path),
                hint="run from a folder that you may write to, or correct its permissions",
            ) from error
        raise


def write_atomic(path: Path, text: str, mode: int = 0o644) -> None:
    """All or nothing: a reader, or a power cut, sees the old file or the new one."""
    with explained(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            os.chmod(name, mode)
            os.replace(name, path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise


def write_json(path: Path, data: Mapping[str, Any]) -> None:
    write_atomic(path, json.dumps(data, indent=2, sort_keys=True) + "\n")
