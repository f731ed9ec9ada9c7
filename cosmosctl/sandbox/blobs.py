"""Bodies of S3 objects, small ones in memory and large ones as files, so that neither memory nor snapshots hold videos.

A deleted body's file goes only after the deletion is on record: until then a restart still needs it. It must not know
buckets or keys.
"""

from __future__ import annotations

import shutil
import threading
import uuid
from pathlib import Path
from typing import Any

INLINE_LIMIT = 16 * 1024


class BlobStore:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._trash: list[Path] = []
        self._lock = threading.Lock()
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)

    def path(self, name: str) -> Path:
        return self.folder / name[:2] / name

    def create(self, data: bytes) -> str:
        name = uuid.uuid4().hex
        path = self.path(name)
        path.parent.mkdir(exist_ok=True, mode=0o700)
        path.write_bytes(data)
        return name

    def discard(self, name: str) -> None:
        with self._lock:
            self._trash.append(self.path(name))

    def sweep(self) -> None:
        """Remove discarded bodies, now that their deletion is on record."""
        with self._lock:
            gone, self._trash = self._trash, []
        for path in gone:
            path.unlink(missing_ok=True)

    def remove_except(self, names: set[str]) -> None:
        """At start: bodies that were written but never acknowledged."""
        for path in self.folder.glob("??/*"):
            if path.name not in names:
                path.unlink(missing_ok=True)

    def clear(self) -> None:
        with self._lock:
            self._trash = []
        for child in self.folder.glob("??"):
            shutil.rmtree(child, ignore_errors=True)


store: list[BlobStore] = []


class Blob:
    """The part of a spooled temporary file that moto's `FakeKey` uses."""

    def __init__(self, max_size: int = 0) -> None:
        self._data: bytes = b""
        self._name = ""
        self._size = 0
        self._position = 0
        self.closed = False

    def write(self, data: bytes) -> int:
        """Writes follow `seek(0)` and `truncate()`: the whole value at once."""
        whole = self._data[: self._position] + bytes(data) if self._position else bytes(data)
        self._drop()
        self._size = self._position = len(whole)
        if len(whole) <= INLINE_LIMIT:
            self._data = whole
        else:
            self._name = store[-1].create(whole)
        return len(data)

    def read(self, size: int = -1) -> bytes:
        self._check()
        end = self._size if size is None or size < 0 else min(self._size, self._position + size)
        start, self._position = self._position, max(self._position, end)
        if not self._name:
            return self._data[start:end]
        with store[-1].path(self._name).open("rb") as file:
            file.seek(start)
            return file.read(end - start)

    def seek(self, offset: int, whence: int = 0) -> int:
        self._check()
        self._position = offset if whence == 0 else self._size + offset if whence == 2 else self._position + offset
        return self._position

    def tell(self) -> int:
        return self._position

    def truncate(self, size: int | None = None) -> int:
        if (self._position if size is None else size) == 0:
            self._drop()
        return self._size

    def close(self) -> None:
        if not self.closed:
            self._drop()
            self.closed = True

    @property
    def file_name(self) -> str:
        """Name in the store, "" for an inline body."""
        return self._name

    def _check(self) -> None:
        if self.closed:
            raise ValueError("I/O operation on closed file")

    def _drop(self) -> None:
        if self._name:
            store[-1].discard(self._name)
        self._data, self._name, self._size = b"", "", 0

    def __getstate__(self) -> tuple[Any, ...]:
        return (self._data, self._name, self._size, self.closed)

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        self._data, self._name, self._size, self.closed = state
        self._position = 0
