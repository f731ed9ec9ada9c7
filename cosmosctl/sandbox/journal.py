"""Durable records beside the snapshot: what must survive kill -9 the moment it is acknowledged.

One SQLite file, one transaction per change: S3 keys here, and an extension's own records (`namespace`). It must not know
what the records mean.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path


class Journal:
    def __init__(self, path: Path) -> None:
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        self._lock = threading.Lock()
        self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=NORMAL")  # survives the process, not the power
        self._db.execute("CREATE TABLE IF NOT EXISTS record (space TEXT, name TEXT, value BLOB, PRIMARY KEY (space, name)) WITHOUT ROWID")

    def put(self, space: str, name: str, value: bytes) -> None:
        with self._lock:
            self._db.execute("INSERT OR REPLACE INTO record VALUES (?, ?, ?)", (space, name, value))

    def write(self, space: str, changes: Iterable[tuple[str, bytes | None]]) -> None:
        """Several puts and deletes (value None) as one transaction."""
        with self._lock:
            self._db.execute("BEGIN")
            for name, value in changes:
                if value is None:
                    self._db.execute("DELETE FROM record WHERE space = ? AND name = ?", (space, name))
                else:
                    self._db.execute("INSERT OR REPLACE INTO record VALUES (?, ?, ?)", (space, name, value))
            self._db.execute("COMMIT")

    def delete(self, space: str, name: str) -> None:
        self.write(space, [(name, None)])

    def clear(self, space: str | None = None) -> None:
        with self._lock:
            if space is None:
                self._db.execute("DELETE FROM record")
            else:
                self._db.execute("DELETE FROM record WHERE space = ?", (space,))

    def items(self, space: str) -> Iterator[tuple[str, bytes]]:
        with self._lock:
            rows = self._db.execute("SELECT name, value FROM record WHERE space = ? ORDER BY name", (space,)).fetchall()
        return iter(rows)

    def close(self) -> None:
        with self._lock:
            self._db.close()
