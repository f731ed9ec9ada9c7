"""Terraform's event stream as progress: done, total and what is being waited for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from cosmosctl.ports.terraform import Event

ENDED = {"apply_complete", "apply_errored"}
BUSY = {"apply_start", "apply_progress"}


@dataclass
class TerraformProgress:
    """Counts planned resources only: data reads emit the same events (`total` is the number of planned changes)."""

    report: Callable[[int, int, str], None]
    notice: Callable[[str], None]
    addresses: frozenset[str] = frozenset()
    _ended: set[str] = field(default_factory=set)

    def __call__(self, event: Event) -> None:
        kind = event.get("type", "")
        if kind == "cosmosctl_notice":
            self.notice(str(event.get("@message", "")))
            return
        address = _address(event)
        if kind == "refresh_start":
            self.report(0, 0, f"reading {address}")
        elif address in self.addresses and kind in ENDED:
            self._ended.add(address)
            self.report(len(self._ended), len(self.addresses), address)
        elif address in self.addresses and kind in BUSY:
            self.report(len(self._ended), len(self.addresses), str(event.get("@message", address)))


def _address(event: Event) -> str:
    hook: dict[str, Any] = event.get("hook") or {}
    return str((hook.get("resource") or {}).get("addr", ""))
