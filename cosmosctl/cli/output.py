"""stdout carries the result, stderr everything else; text for people, one JSON envelope for programs.

The only module besides `entry` and `app` that writes to the terminal. It must not know what a result means.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict, is_dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from cosmosctl.errors import CosmosctlError, ExitStatus
from cosmosctl.findings import Finding

SCHEMA = "cosmosctl/v1"
TOKEN = re.compile(r"\bhf_[A-Za-z0-9]{20,}")  # a Hugging Face token, wherever somebody has pasted it
LOG_PATH: list[Path] = []  # set by wiring once the deployment's folder is known


class OutputMode(StrEnum):
    TEXT = "text"
    JSON = "json"


def output_mode_of(argv: Sequence[str]) -> OutputMode:
    """What `-o` asks for, read before parsing so that usage errors honour it too."""
    for index, arg in enumerate(argv):
        if arg in ("-o", "--output") and argv[index + 1 : index + 2] == ["json"]:
            return OutputMode.JSON
        if arg in ("-ojson", "--output=json"):
            return OutputMode.JSON
    return OutputMode.JSON if os.environ.get("COSMOSCTL_OUTPUT") == "json" else OutputMode.TEXT


def is_terminal() -> bool:
    return sys.stderr.isatty() and sys.stdin.isatty() and not os.environ.get("CI")


def say(line: str) -> None:
    """One line of progress or advice on stderr."""
    sys.stderr.write(masked(line) + "\n")
    sys.stderr.flush()


def masked(text: str) -> str:
    """Values that we know are masked where they arise; this is for a token in a place where none belongs."""
    return TOKEN.sub("hf_***", text)


def emit(command: str, data: Any, text: str | Iterable[str], mode: OutputMode, warnings: Sequence[Finding] = (), ok: bool = True) -> None:
    """Writes the result of a command to stdout; in text mode warnings go to stderr."""
    if mode is OutputMode.JSON:
        envelope = {
            "schema": SCHEMA,
            "command": command,
            "ok": ok,
            "data": plain(data),
            "warnings": [finding_json(item) for item in warnings],
        }
        sys.stdout.write(masked(json.dumps(envelope, indent=2, default=str)) + "\n")
        return
    for finding in warnings:
        say(finding_text(finding))
    lines = [text] if isinstance(text, str) else list(text)
    if lines:
        sys.stdout.write(masked("\n".join(lines)) + "\n")


def report_error(command: str, error: CosmosctlError, mode: OutputMode) -> int:
    """Shows an error in the asked form; returns its exit status."""
    if mode is OutputMode.JSON:
        body = {"code": error.code, "message": error.message, "hint": error.hint, "path": error.path}
        if error.location:
            body["location"] = str(error.location)
        if error.detail:
            body["detail"] = error.detail
        envelope = {
            "schema": SCHEMA,
            "command": command,
            "ok": False,
            "error": body,
            "findings": [finding_json(item) for item in error.findings],
            "warnings": [],
        }
        sys.stdout.write(masked(json.dumps(envelope, indent=2, default=str)) + "\n")
    else:
        for line in error_lines(error):
            say(line)
    if os.environ.get("COSMOSCTL_DEBUG") == "1" and error.status != ExitStatus.USAGE:
        import traceback

        traceback.print_exception(error)
    return int(error.status)


def error_lines(error: CosmosctlError) -> list[str]:
    """`error[code] path: message`, the source line, `hint:`; every finding in the same form."""
    lines: list[str] = []
    for finding in error.findings:
        lines.append(finding_text(finding))
    where = f" {error.path}:" if error.path else ""
    lines.append(f"error[{error.code}]{where} {error.message}")
    if error.location:
        lines.append(f"  {error.location} | {error.location.source}")
    if error.detail:
        lines.extend(f"  | {line}" for line in error.detail.splitlines())
    if error.hint:
        lines.append(f"  hint: {error.hint}")
    if LOG_PATH:
        lines.append(f"  log: {LOG_PATH[-1]}")
    return lines


def finding_text(finding: Finding) -> str:
    lines = [f"{finding.level}[{finding.rule}] {finding.path}: {finding.message}"]
    if finding.location:
        lines.append(f"  {finding.location} | {finding.location.source}")
    if finding.hint:
        lines.append(f"  hint: {finding.hint}")
    return "\n".join(lines)


def finding_json(finding: Finding) -> dict[str, Any]:
    out = {"path": finding.path, "level": str(finding.level), "rule": finding.rule, "message": finding.message, "hint": finding.hint}
    if finding.location:
        out["location"] = str(finding.location)
    return out


def plain(value: Any) -> Any:
    """Dataclasses, pydantic models, tuples and paths as JSON values."""
    if is_dataclass(value) and not isinstance(value, type):
        return plain(asdict(value))
    if hasattr(value, "model_dump"):
        return value.model_dump(mode="json")
    if isinstance(value, dict) or hasattr(value, "items"):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(item) for item in value]
    if isinstance(value, Path):
        return str(value)
    return value


def table(headers: Sequence[str], rows: Iterable[Sequence[object]]) -> list[str]:
    """Left-aligned columns without borders, readable in a pipe."""
    cells = [[str(cell) for cell in row] for row in rows]
    widths = [max([len(header), *(len(row[index]) for row in cells)]) for index, header in enumerate(headers)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in [list(headers), *cells]]
