"""Reads a user's JSON Lines manifest as a stream and says everything that is wrong with it, with line numbers.

A bad line costs nothing here and a rented GPU later, so the whole file is checked before anything is uploaded; memory
stays bounded whatever its length. This module must not know S3 or blueprints: the rules come as data.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, BinaryIO, NoReturn

from cosmosctl.errors import CosmosctlError
from cosmosctl.findings import Finding, Level, Location
from cosmosctl.runs.entry_rules import Entry, ManifestRules, entry_of
from cosmosctl.runs.hashset import HashSet, hash64
from cosmosctl.runs.ids import distinct_output

LINE_LIMIT = 1 << 20
FINDING_LIMIT = 100
_SHOWN = 160
_BOM = b"\xef\xbb\xbf"


@dataclass
class ManifestLog:
    """Findings of one file, at most `limit` of them; the rest are counted."""

    file: str
    limit: int = FINDING_LIMIT
    findings: list[Finding] = field(default_factory=list)
    left_out: int = 0
    entries: int = 0

    @property
    def failed(self) -> bool:
        return any(finding.level is Level.ERROR for finding in self.findings)

    def add(
        self, line: int, rule: str, message: str, hint: str = "", *, column: int = 1, source: str = "", level: Level = Level.ERROR
    ) -> None:
        if len(self.findings) >= self.limit:
            self.left_out += 1
            return
        location = Location(self.file, line, column, source[:_SHOWN])
        self.findings.append(Finding(f"{self.file}:{line}", level, rule, message, hint, location))

    def raise_if_failed(self) -> None:
        """All findings at once as `invalid_manifest`."""
        if not self.failed:
            return
        total = sum(finding.level is Level.ERROR for finding in self.findings) + self.left_out
        first = next(finding for finding in self.findings if finding.level is Level.ERROR)
        noun = "problem" if total == 1 else "problems"
        raise CosmosctlError(
            "invalid_manifest",
            f"{total} {noun} in the manifest",
            path=self.file,
            location=first.location,
            findings=sorted(self.findings, key=lambda finding: finding.location.line if finding.location else 0),
            hint="correct the lines above; nothing was uploaded or submitted",
        )


def entries(path: Path, rules: ManifestRules, log: ManifestLog) -> Iterator[Entry]:
    """Valid entries in order, with unique ids and output names. Look at `log` when it is exhausted, before acting."""
    ids, outputs = HashSet(), HashSet()
    suspects: set[int] = set()
    for number, text in _lines(path, log):
        entry = _parse(number, text, rules, log)
        if entry is None:
            continue
        mark = hash64(entry.id)
        if ids.add(mark):
            suspects.add(mark)  # let through: a true duplicate fails the file, a mere collision must not lose a sample
        if outputs.add(hash64(f"{entry.task}\0{entry.output}")):
            entry = replace(entry, output=distinct_output(entry.output, entry.id))
        log.entries += 1
        yield entry
    if suspects:
        _name_duplicates(path, rules, log, suspects)
    if not log.entries and not log.failed:
        log.add(1, "empty_manifest", "the manifest has no samples", 'one JSON object a line, e.g. {"input": "clips/a.mp4"}')


def _lines(path: Path, log: ManifestLog) -> Iterator[tuple[int, str]]:
    with _open(path) as stream:
        number = 0
        while raw := stream.readline(LINE_LIMIT + 1):
            number += 1
            if number == 1 and raw.startswith(_BOM):
                raw = raw[len(_BOM) :]
                log.add(1, "byte_order_mark", "the file begins with a byte order mark; it is skipped", level=Level.WARNING)
            if len(raw) > LINE_LIMIT:
                log.add(number, "line_too_long", f"the line is longer than {LINE_LIMIT} bytes", "one sample a line")
                _skip_rest(stream, raw)
                continue
            if raw.isspace():
                continue
            try:
                yield number, raw.decode("utf-8")
            except UnicodeDecodeError as error:
                log.add(number, "bad_encoding", "the line is not UTF-8", "save the file as UTF-8", column=error.start + 1)


def _open(path: Path) -> BinaryIO:
    try:
        return path.open("rb", buffering=1 << 20)
    except OSError as error:
        raise CosmosctlError(
            "invalid_manifest", f"the manifest cannot be read: {error.strerror}", path=str(path), hint="check the path given to --manifest"
        ) from error


def _skip_rest(stream: BinaryIO, raw: bytes) -> None:
    while raw and not raw.endswith(b"\n"):
        raw = stream.readline(LINE_LIMIT)


def _parse(number: int, text: str, rules: ManifestRules, log: ManifestLog | None) -> Entry | None:
    def problem(rule: str, message: str, hint: str, column: int = 1) -> None:
        if log:
            log.add(number, rule, message, hint, column=column, source=text.rstrip())

    try:
        record: Any = _DECODER.decode(text)
    except json.JSONDecodeError as error:
        problem("bad_json", f"not JSON: {error.msg}", "one JSON object a line", error.colno)
        return None
    except (ValueError, RecursionError) as error:
        problem("bad_json", f"not JSON: {error}" if isinstance(error, ValueError) else "nested too deeply", "one JSON object a line")
        return None
    if not isinstance(record, dict):
        problem("not_an_object", "the line is not a JSON object", 'e.g. {"input": "clips/a.mp4", "prompt": "..."}')
        return None
    return entry_of(record, number, rules, problem)


def _name_duplicates(path: Path, rules: ManifestRules, log: ManifestLog, suspects: set[int]) -> None:
    """Second look at the file: only true duplicates become findings, and each names the line it repeats."""
    first: dict[str, int] = {}
    for number, text in _lines(path, ManifestLog(log.file, limit=0)):
        entry = _parse(number, text, rules, None)
        if entry is None or hash64(entry.id) not in suspects:
            continue
        if entry.id not in first:
            first[entry.id] = number
            continue
        log.add(
            number,
            "duplicate_id",
            f"sample `{entry.id}` is on line {first[entry.id]} already",
            "remove the line, or give each its own `id`",
            source=text.rstrip(),
        )


def _refuse(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a number in JSON")


_DECODER = json.JSONDecoder(parse_constant=_refuse)
