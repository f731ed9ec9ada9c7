"""One secret value, written through the API so that it lies in no Terraform state."""

from __future__ import annotations

from typing import Protocol


class Secrets(Protocol):
    def put_if_changed(self, arn: str, value: str) -> bool:
        """True when a new version was written. The value is compared here and never logged."""
        ...

    def holds(self, arn: str, value: str) -> bool:
        """Whether exactly this is the current value."""
        ...

    def has_value(self, arn: str) -> bool: ...
