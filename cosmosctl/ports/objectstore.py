"""One bucket as runs, worker and cleanup see it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True)
class ObjectInfo:
    """`size` in bytes; `metadata` is filled by `head` only."""

    key: str
    size: int
    etag: str = ""
    metadata: Mapping[str, str] | None = None


class ObjectStore(Protocol):
    """Keys are relative to the bucket. Throttling, 5xx, resets and cut bodies are retried inside, with bounds.

    Raises `CosmosctlError("aws_error")` when the retries are used up; a missing key is `None` or an empty listing.
    """

    @property
    def bucket(self) -> str: ...

    def head(self, key: str) -> ObjectInfo | None: ...

    def get(self, key: str, start: int | None = None, end: int | None = None) -> bytes | None:
        """The object's bytes, or `[start, end)` of them; None when there is no such key."""
        ...

    def put(
        self, key: str, body: bytes, *, content_type: str = "application/octet-stream", metadata: Mapping[str, str] | None = None
    ) -> None: ...

    def download(self, key: str, path: Path) -> int:
        """Writes to a temporary file beside `path` and renames; returns the number of bytes."""
        ...

    def upload(
        self, path: Path, key: str, *, content_type: str = "application/octet-stream", metadata: Mapping[str, str] | None = None
    ) -> None: ...

    def list(self, prefix: str, *, start_after: str = "") -> Iterator[ObjectInfo]: ...

    def delete(self, keys: Iterable[str]) -> int: ...
