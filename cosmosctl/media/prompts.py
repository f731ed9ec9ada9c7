"""Which prompt a sample gets: per-file metadata > run parameter > default, and where it came from.

Per-file metadata is a manifest line's prompt, S3 user metadata, or `<file>.prompt.txt` beside the file. The caller fetches
S3 metadata; this module sees only mappings and local text files.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from pathlib import Path

from cosmosctl.media.errors import MediaError

SIDECAR_SUFFIX = ".prompt.txt"
DEFAULT_MAX_CHARS = 4000


@dataclass(frozen=True)
class Prompt:
    """`source`: manifest, metadata, sidecar, run or default."""

    text: str
    source: str


def choose_prompt(
    *,
    manifest: str | None = None,
    metadata: str | None = None,
    sidecar: str | None = None,
    run: str | None = None,
    default: str | None = None,
) -> Prompt | None:
    """The first prompt that is not blank, by priority; None when there is none at all."""
    ranked = {"manifest": manifest, "metadata": metadata, "sidecar": sidecar, "run": run, "default": default}
    for source, text in ranked.items():
        if text and text.strip():
            return Prompt(text.strip(), source)
    return None


def sidecar_path(media: Path) -> Path:
    return media.with_name(media.name + SIDECAR_SUFFIX)


def read_sidecar(media: Path, max_chars: int = DEFAULT_MAX_CHARS) -> str | None:
    """The text of `<media>.prompt.txt`, or None when there is no such file. Raises `MediaError` when it cannot be used."""
    path = sidecar_path(media)
    try:
        with path.open("rb") as stream:
            raw = stream.read(4 * max_chars + 16)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise MediaError("unreadable", f"{path.name} cannot be read: {error.strerror}") from None
    return check_prompt(_decode(raw, path.name), max_chars, path.name)


def _decode(raw: bytes, name: str) -> str:
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        cut_by_us = error.reason == "unexpected end of data"  # the bound may split a character; the length check reports it
        if cut_by_us and len(raw) - error.start < 4:
            return raw[: error.start].decode("utf-8-sig") + "\ufffd"
        raise MediaError("prompt_not_utf8", f"{name} is not UTF-8 text") from None


def check_prompt(text: str, max_chars: int = DEFAULT_MAX_CHARS, where: str = "prompt") -> str:
    """The prompt with plain line ends. Raises `MediaError` when it is blank, too long or holds control characters."""
    clean = text.replace("\r\n", "\n").replace("\r", "\n").strip()
    if not clean:
        raise MediaError("prompt_empty", f"{where} is empty")
    if len(clean) > max_chars:
        raise MediaError("prompt_too_long", f"{where} has more than {max_chars} characters")
    if any(ord(character) < 32 and character not in "\n\t" for character in clean) or "\ufffd" in clean:
        raise MediaError("prompt_not_utf8", f"{where} contains control characters")
    return clean


def metadata_prompt(metadata: Mapping[str, str] | None, key: str) -> str | None:
    """The prompt in S3 user metadata. Keys are compared without case; RFC 2047 words (S3's form for non-ASCII) are decoded."""
    for name, value in (metadata or {}).items():
        if name.lower().removeprefix("x-amz-meta-") == key.lower():
            return _decode_words(value)
    return None


def _decode_words(value: str) -> str:
    try:
        return str(make_header(decode_header(value)))
    except (HeaderParseError, LookupError, UnicodeDecodeError):
        return value
