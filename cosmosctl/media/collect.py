"""Turns INPUT arguments (file, folder, glob) into candidates with the relative names that outputs keep.

It lists folders and opens nothing. `s3://` prefixes belong to the caller.
"""

from __future__ import annotations

import glob
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from cosmosctl.findings import Finding, Level
from cosmosctl.media.errors import HINTS
from cosmosctl.media.validate import Candidate

GLOB_CHARACTERS = frozenset("*?[")


def collect(inputs: Sequence[str], extensions: Sequence[str], cwd: Path) -> tuple[list[Candidate], list[Finding]]:
    """Candidates in a stable order. From folders only files with one of `extensions` are taken; named files always are."""
    found: list[Candidate] = []
    findings: list[Finding] = []
    for text in inputs:
        matches = list(_expand(text, tuple(extensions), cwd))
        found += matches
        if not matches:
            code, message = _nothing(text, cwd, extensions)
            findings.append(Finding(text, Level.ERROR, code, message, HINTS[code]))
    return found, findings


def _expand(text: str, extensions: tuple[str, ...], cwd: Path) -> Iterator[Candidate]:
    path = cwd / text
    if os.path.isdir(path):
        yield from _folder(path, extensions)
    elif os.path.lexists(path):
        yield Candidate(path, path.name)
    elif GLOB_CHARACTERS & set(text):
        for match in sorted(glob.glob(text, root_dir=cwd, recursive=True)):
            if os.path.isfile(cwd / match) and match.lower().endswith(extensions):
                yield Candidate(cwd / match, _under_root(match, text))


def _folder(root: Path, extensions: tuple[str, ...]) -> Iterator[Candidate]:
    """Recursive; hidden files and links to folders are left out."""
    for folder, children, files in os.walk(root):
        children[:] = sorted(child for child in children if not child.startswith("."))
        for name in sorted(files):
            if not name.startswith(".") and name.lower().endswith(extensions):
                path = Path(folder) / name
                yield Candidate(path, path.relative_to(root).as_posix())


def _under_root(match: str, pattern: str) -> str:
    """`a/b/c.mp4` found by `a/*/c.mp4` keeps `b/c.mp4`: what follows the part without wildcards."""
    fixed = 0
    for part in Path(pattern).parts[:-1]:
        if GLOB_CHARACTERS & set(part):
            break
        fixed += 1
    return Path(*Path(match).parts[fixed:]).as_posix()


def _nothing(text: str, cwd: Path, extensions: Sequence[str]) -> tuple[str, str]:
    if os.path.isdir(cwd / text):
        return "no_inputs", f"folder has no file that ends in {', '.join(extensions)}"
    if GLOB_CHARACTERS & set(text):
        return "no_inputs", f"pattern matches no file that ends in {', '.join(extensions)}"
    return "missing_file", "there is no such file or folder"
