"""Object stores without S3: in memory with planned faults, and in a folder for tests of real processes."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from threading import RLock
from urllib.parse import quote, unquote

from cosmosctl.errors import CosmosctlError
from cosmosctl.ports.objectstore import ObjectInfo

Fault = Callable[[str, str], None]  # operation, key -> raises to fail


def no_fault(operation: str, key: str) -> None:
    return None


class MemoryStore:
    """`calls` records (operation, key) in order; `fault` may raise before an operation acts."""

    def __init__(self, bucket: str = "data", fault: Fault = no_fault) -> None:
        self._bucket = bucket
        self.objects: dict[str, bytes] = {}
        self.metadata: dict[str, dict[str, str]] = {}
        self.calls: list[tuple[str, str]] = []
        self.fault = fault
        self._lock = RLock()

    @property
    def bucket(self) -> str:
        return self._bucket

    def _note(self, operation: str, key: str) -> None:
        with self._lock:
            self.calls.append((operation, key))
            self.fault(operation, key)

    def head(self, key: str) -> ObjectInfo | None:
        self._note("head", key)
        body = self.objects.get(key)
        return None if body is None else ObjectInfo(key, len(body), metadata=self.metadata.get(key, {}))

    def get(self, key: str, start: int | None = None, end: int | None = None) -> bytes | None:
        self._note("get", key)
        body = self.objects.get(key)
        return None if body is None else body[start:end]

    def put(
        self, key: str, body: bytes, *, content_type: str = "application/octet-stream", metadata: Mapping[str, str] | None = None
    ) -> None:
        self._note("put", key)
        with self._lock:
            self.objects[key] = body
            self.metadata[key] = dict(metadata or {})

    def download(self, key: str, path: Path) -> int:
        self._note("download", key)
        if key not in self.objects:
            raise CosmosctlError("aws_error", "there is no such object", path=key)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(self.objects[key])
        return len(self.objects[key])

    def upload(
        self, path: Path, key: str, *, content_type: str = "application/octet-stream", metadata: Mapping[str, str] | None = None
    ) -> None:
        self.put(key, path.read_bytes(), content_type=content_type, metadata=metadata)

    def list(self, prefix: str, *, start_after: str = "") -> Iterator[ObjectInfo]:
        self._note("list", prefix)
        with self._lock:
            found = sorted(key for key in self.objects if key.startswith(prefix) and key > start_after)
        yield from (ObjectInfo(key, len(self.objects[key])) for key in found)

    def delete(self, keys: Iterable[str]) -> int:
        with self._lock:
            return sum(self.objects.pop(key, None) is not None for key in keys)

    def under(self, prefix: str) -> set[str]:
        return {key for key in self.objects if key.startswith(prefix)}


class FolderStore:
    """One file an object; a put appears whole or not at all, as in S3. Safe for several processes and for kill -9."""

    def __init__(self, folder: Path, bucket: str = "data") -> None:
        self._folder = folder
        self._bucket = bucket
        folder.mkdir(parents=True, exist_ok=True)

    @property
    def bucket(self) -> str:
        return self._bucket

    def _path(self, key: str) -> Path:
        return self._folder / quote(key, safe="")

    def head(self, key: str) -> ObjectInfo | None:
        path = self._path(key)
        return ObjectInfo(key, path.stat().st_size, metadata={}) if path.is_file() else None

    def get(self, key: str, start: int | None = None, end: int | None = None) -> bytes | None:
        path = self._path(key)
        return path.read_bytes()[start:end] if path.is_file() else None

    def put(
        self, key: str, body: bytes, *, content_type: str = "application/octet-stream", metadata: Mapping[str, str] | None = None
    ) -> None:
        partial = self._folder / f".partial-{os.getpid()}-{id(body)}-{os.urandom(4).hex()}"
        partial.write_bytes(body)
        partial.replace(self._path(key))

    def download(self, key: str, path: Path) -> int:
        body = self.get(key)
        if body is None:
            raise CosmosctlError("aws_error", "there is no such object", path=key)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)
        return len(body)

    def upload(
        self, path: Path, key: str, *, content_type: str = "application/octet-stream", metadata: Mapping[str, str] | None = None
    ) -> None:
        self.put(key, path.read_bytes(), content_type=content_type, metadata=metadata)

    def list(self, prefix: str, *, start_after: str = "") -> Iterator[ObjectInfo]:
        keys = sorted(unquote(path.name) for path in self._folder.iterdir() if not path.name.startswith(".partial"))
        for key in keys:
            if key.startswith(prefix) and key > start_after:
                yield ObjectInfo(key, self._path(key).stat().st_size)

    def delete(self, keys: Iterable[str]) -> int:
        removed = 0
        for key in keys:
            if self._path(key).is_file():
                self._path(key).unlink()
                removed += 1
        return removed
