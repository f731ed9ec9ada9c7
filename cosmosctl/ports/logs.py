"""CloudWatch Logs as `logs`, reports and error messages read it."""

from __future__ import annotations

from typing import Protocol


class Logs(Protocol):
    def tail(self, group: str, stream: str, limit: int) -> list[str]:
        """The last `limit` lines; empty when group or stream does not exist yet."""
        ...

    def since(self, group: str, stream: str, token: str) -> tuple[list[str], str]:
        """Lines after `token` ("" = from the start) and the next token."""
        ...
