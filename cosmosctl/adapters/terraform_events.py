"""Terraform's JSON lines as facts: planned changes, diagnostics, progress. Parses, never acts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cosmosctl.adapters.redact import Redactor
from cosmosctl.errors import ERROR_CODES, CosmosctlError
from cosmosctl.ports.terraform import OnEvent, PlanSummary, ResourceChange

ACTIONS: dict[str, tuple[str, ...]] = {
    "create": ("create",),
    "update": ("update",),
    "delete": ("delete",),
    "replace": ("delete", "create"),
    "remove": ("forget",),
    "import": ("import",),
}
LOCK_SUMMARY = "Error acquiring the state lock"
STALE_SUMMARY = "Saved plan is stale"
SHOWN_DIAGNOSTICS = 5
LOCAL_CAUSES = (
    ("no space left on device", "disk_full", "free some space, then run the same command again"),
    ("read-only file system", "workdir_unwritable", "run from a folder that you may write to"),
)


@dataclass(frozen=True)
class Diagnostic:
    summary: str
    detail: str
    address: str
    place: str

    def __str__(self) -> str:
        where = self.address or self.place
        return f"{where + ': ' if where else ''}{self.summary}" + (f"\n{self.detail}" if self.detail else "")


@dataclass
class Stream:
    """Feed it lines; it collects what the run said and passes redacted events on."""

    redactor: Redactor
    on_event: OnEvent | None = None
    changes: list[ResourceChange] = field(default_factory=list)
    errors: list[Diagnostic] = field(default_factory=list)
    outputs_changed: bool = False
    other: list[str] = field(default_factory=list)

    def line(self, text: str) -> None:
        try:
            event = json.loads(text)
        except ValueError:
            event = None
        if not isinstance(event, dict):
            if text.strip():
                self.other.append(self.redactor.text(text))
            return
        event = self.redactor.data(event)
        self._collect(event)
        if self.on_event is not None:
            self.on_event(event)

    def _collect(self, event: Mapping[str, Any]) -> None:
        kind = event.get("type")
        if kind == "planned_change":
            change = event["change"]
            actions = ACTIONS.get(change["action"])
            if actions is not None:
                self.changes.append(ResourceChange(change["resource"]["addr"], change["resource"]["resource_type"], actions))
        elif kind == "outputs":
            self.outputs_changed = any(item.get("action", "noop") != "noop" for item in event["outputs"].values())
        elif kind == "diagnostic" and event["diagnostic"]["severity"] == "error":
            self.errors.append(_diagnostic(event["diagnostic"]))

    def summary(self) -> PlanSummary:
        return PlanSummary(tuple(self.changes), self.outputs_changed)

    @property
    def locked(self) -> bool:
        return any(error.summary == LOCK_SUMMARY for error in self.errors)

    def failure(self, stack: str, command: str, stderr: str, log: str) -> CosmosctlError:
        """The first diagnostic is the message, all of them (bounded) are the detail."""
        if any(error.summary == STALE_SUMMARY for error in self.errors):
            return CosmosctlError("terraform_failed", f"stack {stack} was changed by someone else after it was planned", path=stack)
        if not self.errors:
            tail = "\n".join([*self.other, self.redactor.text(stderr)]).strip()[-2000:]
            return _failed(f"terraform {command} of stack {stack} failed without saying why", stack, tail, log)
        first = self.errors[0]
        detail = "\n".join(str(error) for error in self.errors[:SHOWN_DIAGNOSTICS])
        more = len(self.errors) - SHOWN_DIAGNOSTICS
        if more > 0:
            detail += f"\n... and {more} more errors"
        return _failed(f"terraform {command} of stack {stack}: {first.summary}", first.address or first.place or stack, detail, log)


def _failed(message: str, path: str, detail: str, log: str) -> CosmosctlError:
    """A full or closed disk of this machine has a code of its own, whoever met it."""
    code, hint = "terraform_failed", f"log: {log}"
    for text, known, advice in LOCAL_CAUSES:
        if text in detail.lower():
            code, hint = known, f"{advice}; log: {log}"
    return CosmosctlError(code, message, path=path, detail=detail, hint=hint, status=ERROR_CODES["terraform_failed"])


def _diagnostic(data: Mapping[str, Any]) -> Diagnostic:
    position = data.get("range") or {}
    place = f"{position['filename']}:{position['start']['line']}" if position.get("filename") else ""
    return Diagnostic(data.get("summary", ""), data.get("detail", ""), data.get("address", ""), place)
