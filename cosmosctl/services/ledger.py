"""Remembers submissions that have begun, so that the same command after a kill goes on with the same run.

One small file per request under `.cosmosctl/<name>/submissions/`, named by the digest of what was asked. It holds no
state of the run: that is in the bucket. Removing the folder by hand costs nothing but the memory.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from cosmosctl.runs.ids import make_run_id


@dataclass(frozen=True)
class Entry:
    run_id: str
    submitted: str  # RFC 3339 UTC


def request_digest(parts: Iterable[Any]) -> str:
    """What was asked, as 16 hex digits: equal requests are equal runs until the first one is done."""
    return hashlib.sha256(json.dumps(list(parts), sort_keys=True, default=str).encode()).hexdigest()[:16]


class Ledger:
    def __init__(self, workdir: Path) -> None:
        self._folder = workdir / "submissions"

    def open(self, digest: str, blueprint: str, now: datetime) -> tuple[Entry, bool]:
        """The unfinished submission of this digest, or a new one; the flag tells that it was there."""
        path = self._path(digest)
        try:
            return Entry(**json.loads(path.read_text(encoding="utf-8"))), True
        except (FileNotFoundError, ValueError, TypeError):
            entry = Entry(make_run_id(blueprint, now, secrets.token_hex(2)), now.isoformat(timespec="seconds"))
            self._folder.mkdir(parents=True, exist_ok=True)
            partial = path.with_suffix(".tmp")
            with partial.open("w", encoding="utf-8") as stream:
                json.dump(asdict(entry), stream)
                stream.flush()
                os.fsync(stream.fileno())
            partial.replace(path)
            return entry, False

    def close(self, digest: str) -> None:
        self._path(digest).unlink(missing_ok=True)

    def _path(self, digest: str) -> Path:
        return self._folder / f"{digest}.json"
