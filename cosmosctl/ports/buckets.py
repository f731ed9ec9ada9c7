"""Whole buckets: creating the state bucket, and emptying one with everything that a plain listing hides."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol


class Buckets(Protocol):
    def exists(self, name: str) -> bool: ...

    def ensure(self, name: str, tags: Mapping[str, str]) -> bool:
        """Versioned, encrypted, private, TLS-only. True when something had to be created or corrected."""
        ...

    def secure(self, name: str) -> bool:
        """Whether the bucket exists with all that `ensure` gives it."""
        ...

    def empty(self, name: str, prefix: str = "", progress: Callable[[int], None] | None = None) -> int:
        """Deletes all versions, delete markers and unfinished uploads; the number of versions removed."""
        ...

    def delete(self, name: str) -> None: ...
