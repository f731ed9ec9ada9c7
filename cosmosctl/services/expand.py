"""Turns what the user typed (files, folders, globs, `s3://` prefixes) into a list of inputs with stable sub-paths.

It looks at names only; whether a file is good is decided by `media.validate`.
"""

from __future__ import annotations

import glob
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from cosmosctl.findings import Finding, Level

PROMPT_SUFFIX = ".prompt.txt"


@dataclass(frozen=True)
class LocalInput:
    """`sub` is the POSIX path that outputs keep; `named` tells a file that was typed from one found in a folder."""

    path: Path
    sub: str
    named: bool


@dataclass(frozen=True)
class Expanded:
    local: tuple[LocalInput, ...]
    remote: tuple[str, ...]  # s3:// URIs as typed
    skipped: tuple[str, ...]  # files of folders that are no media
    findings: tuple[Finding, ...]


def expand(inputs: Sequence[str], extensions: Iterable[str], cwd: Path) -> Expanded:
    """Folders are walked in sorted order; hidden files and prompt files are never samples."""
    wanted = {item.lower() for item in extensions}
    local: list[LocalInput] = []
    skipped: list[str] = []
    findings: list[Finding] = []
    for text in inputs:
        if text.startswith("s3://"):
            continue
        paths = _matches(text, cwd)
        if not paths:
            findings.append(Finding(text, Level.ERROR, "input_not_found", "there is no such file, folder or match", hint="quote globs; check the path"))
        for path in paths:
            if path.is_dir():
                kept, left = _walk(path, wanted)
                local.extend(kept)
                skipped.extend(left)
                if not kept:
                    findings.append(Finding(text, Level.ERROR, "no_media", "the folder holds no file of a supported type", hint=f"supported: {' '.join(sorted(wanted))}"))
            else:
                local.append(LocalInput(path, path.name, named=True))
    remote = tuple(text for text in inputs if text.startswith("s3://"))
    return Expanded(tuple(_unique(local)), remote, tuple(skipped), tuple(findings))


def _matches(text: str, cwd: Path) -> list[Path]:
    path = cwd / Path(text).expanduser()
    if path.exists():
        return [path]
    return [Path(item) for item in sorted(glob.glob(str(path), recursive=True))] if glob.has_magic(text) else []


def _walk(folder: Path, wanted: set[str]) -> tuple[list[LocalInput], list[str]]:
    kept: list[LocalInput] = []
    left: list[str] = []
    for path in sorted(folder.rglob("*")):
        sub = path.relative_to(folder)
        if path.is_dir() or any(part.startswith(".") for part in sub.parts) or path.name.endswith(PROMPT_SUFFIX):
            continue
        if path.suffix.lower() in wanted:
            kept.append(LocalInput(path, sub.as_posix(), named=False))
        else:
            left.append(sub.as_posix())
    return kept, left


def _unique(items: Iterable[LocalInput]) -> list[LocalInput]:
    """The same file named twice (a folder and a glob) is one sample."""
    seen: dict[Path, LocalInput] = {}
    for item in items:
        seen.setdefault(item.path.resolve(), item)
    return list(seen.values())
