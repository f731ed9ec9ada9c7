"""Reads just enough HCL for tests: the top-level blocks of formatted files, and the attributes of an object."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

_BLOCK = re.compile(r'^(?P<kind>[a-z_]+)(?: "(?P<first>[^"]*)")?(?: "(?P<second>[^"]*)")? \{(?P<body>.*?)^\}', re.MULTILINE | re.DOTALL)


def blocks(folder: Path, kind: str) -> Iterator[tuple[Path, str, str]]:
    """File, first label and body of every top-level block of a kind. Relies on `terraform fmt`, which another test checks."""
    for path in sorted(folder.glob("*.tf")):
        for match in _BLOCK.finditer(path.read_text(encoding="utf-8")):
            if match["kind"] == kind:
                yield path, match["first"] or "", match["body"]


def variables(folder: Path) -> dict[str, str]:
    return {name: body for _, name, body in blocks(folder, "variable")}


def object_keys(text: str, start: str) -> set[str]:
    """Keys of the object that begins on the line `start`, one level deep."""
    lines = text.splitlines()
    at = next(index for index, line in enumerate(lines) if line.strip().startswith(start))
    indent = len(lines[at]) - len(lines[at].lstrip())
    keys = set()
    for line in lines[at + 1 :]:
        depth = len(line) - len(line.lstrip())
        if line.strip() and depth <= indent:
            break
        found = re.match(r"^\s+(\w+)\s+=", line)
        if found and depth == indent + 2:
            keys.add(found[1])
    return keys
