"""Which names of inputs are safe as S3 keys, as file names on three systems, and as arguments of programs. Pure."""

from __future__ import annotations

import unicodedata
from pathlib import PurePosixPath

MAX_COMPONENT_BYTES = 180  # output names add up to 50 bytes; file systems allow 255
MAX_NAME_BYTES = 700  # S3 keys allow 1024 with our prefix
INVISIBLE = frozenset({"Cc", "Cf", "Zl", "Zp", "Co", "Cn"})
RESERVED = frozenset('\\:*?"<>|')


def unsafe_reason(name: str) -> str | None:
    """Why the relative name of an input is refused, or None. `name` uses `/` and becomes part of keys and output names."""
    try:
        size = len(name.encode("utf-8"))
    except UnicodeEncodeError:
        return "is not valid Unicode"
    if size > MAX_NAME_BYTES:
        return f"is longer than {MAX_NAME_BYTES} bytes"
    if not name or name.startswith("/"):
        return "must be relative"
    for part in name.split("/"):
        reason = _unsafe_part(part)
        if reason:
            return reason
    return None


def _unsafe_part(part: str) -> str | None:
    problems = (
        (part in {"", ".", ".."}, "contains an empty part, `.` or `..`"),
        (any(unicodedata.category(character) in INVISIBLE for character in part), "contains control or invisible characters"),
        (bool(RESERVED & set(part)), 'contains one of \\ : * ? " < > |'),
        (part.startswith("-"), "starts with a dash"),
        (part != part.strip() or part.endswith("."), "starts or ends with a space, or ends with a dot"),
        (len(part.encode("utf-8")) > MAX_COMPONENT_BYTES, f"has a part longer than {MAX_COMPONENT_BYTES} bytes"),
    )
    return next((reason for holds, reason in problems if holds), None)


def output_key(name: str) -> tuple[str, str]:
    """Folder and stem under which the output of `name` is written, folded as macOS and Windows compare names."""
    path = PurePosixPath(name)
    return _fold(str(path.parent)), _fold(path.stem)


def _fold(text: str) -> str:
    return unicodedata.normalize("NFC", text).casefold()
