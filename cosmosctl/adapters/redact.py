"""Known secret values never leave in an error or an event, whatever printed them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

MASK = "***"
SHORTEST = 6  # anything shorter would mask ordinary words


class Redactor:
    """Replaces every given value; knows no patterns, so it never hides what is not secret."""

    def __init__(self, secrets: Iterable[str]) -> None:
        self._secrets = sorted({secret for secret in secrets if len(secret) >= SHORTEST}, key=len, reverse=True)

    def text(self, value: str) -> str:
        for secret in self._secrets:
            value = value.replace(secret, MASK)
        return value

    def data(self, value: Any) -> Any:
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, dict):
            return {key: self.data(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self.data(item) for item in value]
        return value
