"""What has been done, on disk: append-only lines, each durable before the next step begins.

A killed process leaves at most one torn line, and a torn line is never the only evidence of a finished step: the step is
then probed again. This module must not know what steps do.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from cosmosctl.errors import CosmosctlError
from cosmosctl.files import explained, write_atomic

SCHEMA = 1
COMPACT_AFTER = 200
State = Literal["started", "done", "failed", "removed"]


@dataclass(frozen=True)
class Record:
    """The last thing known about one step."""

    step: str
    state: State
    digest: str
    at: str
    outputs: Mapping[str, Any] = field(default_factory=dict)
    command: str = ""

    def line(self) -> str:
        data = {
            "schema": SCHEMA,
            "step": self.step,
            "state": self.state,
            "digest": self.digest,
            "at": self.at,
            "outputs": dict(self.outputs),
            "command": self.command,
        }
        return json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def parse(text: bytes) -> Iterator[Record]:
    """Every readable record, in order; torn lines are passed over, a newer schema is refused."""
    for raw in text.split(b"\n"):
        try:
            data = json.loads(raw)
        except ValueError:
            continue
        if not isinstance(data, dict) or "schema" not in data:
            continue
        if data["schema"] > SCHEMA:
            raise CosmosctlError(
                "workdir_newer",
                f"the journal was written by a newer cosmosctl (schema {data['schema']})",
                hint="upgrade cosmosctl, then run again",
            )
        yield Record(data["step"], data["state"], data["digest"], data["at"], data.get("outputs", {}), data.get("command", ""))


class Journal:
    """Opened by one mutating command at a time (the caller holds the lock), read by anyone."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._records: dict[str, Record] = {}
        self._lines = 0
        self._torn = False
        self._load()

    def _load(self) -> None:
        try:
            text = self.path.read_bytes()
        except FileNotFoundError:
            return
        self._torn = bool(text) and not text.endswith(b"\n")
        self._lines = text.count(b"\n")
        for record in parse(text):
            self._records[record.step] = record

    def last(self, step: str) -> Record | None:
        return self._records.get(step)

    def done(self, step: str) -> Record | None:
        record = self._records.get(step)
        return record if record and record.state == "done" else None

    def records(self) -> tuple[Record, ...]:
        return tuple(self._records.values())

    def append(self, record: Record) -> None:
        """Returns only when the line is on the disk."""
        line = record.line() + "\n"
        with explained(self.path):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            handle = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
            try:
                _write_all(handle, (("\n" if self._torn else "") + line).encode())
                os.fsync(handle)
            finally:
                os.close(handle)
        self._torn = False
        self._lines += 1
        self._records[record.step] = record
        if self._lines >= COMPACT_AFTER and self._lines > 4 * len(self._records):
            self.compact()

    def compact(self) -> None:
        """Keeps the last record of each step; atomic."""
        write_atomic(self.path, "".join(record.line() + "\n" for record in self._records.values()))
        self._lines = len(self._records)
        self._torn = False


def _write_all(handle: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(handle, view) :]
