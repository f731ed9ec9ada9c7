"""What a check says: plain data, produced by deciders, shown by `cli`, never printed here.

This module is the vocabulary shared by configuration, rules, preflight, media checks and doctor. It must not know where
a finding comes from or what happens to it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True)
class Location:
    """Where in a file: 1-based line and column, and the text of that line ("" when unknown)."""

    file: str
    line: int
    column: int = 1
    source: str = ""

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True)
class Finding:
    """One result of a check.

    `rule` is a stable snake_case name (`--skip-check RULE` suppresses it); `path` says what it is about
    (`batch.pools.gpu48.instance_types[1]`, `inputs/a.mp4`, `quota L-DB2E81BA`); `hint` names the next command or change.
    """

    path: str
    level: Level
    rule: str
    message: str
    hint: str = ""
    location: Location | None = None


def errors(findings: Iterable[Finding]) -> list[Finding]:
    """The findings that stop a command."""
    return [finding for finding in findings if finding.level is Level.ERROR]
