"""Names that come out the same every time: run ids, sample ids, output stems.

A retry finds what an earlier attempt wrote only because nothing here depends on a clock, a counter or an order that
changes between attempts. This module must not know S3, files or blueprints: it takes strings and gives strings.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any

RUN_ID = re.compile(r"^(?P<blueprint>[a-z][a-z0-9-]*)-(?P<timestamp>\d{8}-\d{6})-(?P<nonce>[0-9a-f]{4})$")
SAMPLE_ID = re.compile(r"^[A-Za-z0-9][A-Za-z0-9._-]{0,79}$")
PATH_LIMIT = 700  # bytes; an S3 key holds 1,024, and run id, suffix and time stamp go around it
_UNSAFE_IN_SLUG = re.compile(r"[^A-Za-z0-9._-]+")
_TASK_LABELS = {"text2world": "Text2World", "image2world": "Image2World", "video2world": "Video2World"}


def timestamp(submitted: datetime) -> str:
    """`YYYYMMDD-HHMMSS` in UTC, as in output names."""
    return submitted.astimezone(UTC).strftime("%Y%m%d-%H%M%S")


def make_run_id(blueprint: str, submitted: datetime, nonce: str) -> str:
    """`nonce` is four hex digits, drawn by the caller, that keep two submissions in one second apart."""
    return f"{blueprint.replace('/', '-')}-{timestamp(submitted)}-{nonce}"


def is_run_id(text: str) -> bool:
    return RUN_ID.match(text) is not None


def digest(*parts: str, size: int = 5) -> str:
    return blake2b("\x00".join(parts).encode("utf-8", "surrogatepass"), digest_size=size).hexdigest()


def make_sample_id(path: str, task: str = "", prompt: str = "", params: Mapping[str, Any] | None = None) -> str:
    """A readable, key-safe id of one sample: the same content gives the same id on every machine."""
    stem = split_path(path)[1] if path else (task or "text")
    slug = _UNSAFE_IN_SLUG.sub("-", stem).strip("-._")[:48] or "sample"
    detail = ascii(sorted(params.items())) if params else ""  # the same on every Python, and a third of the time of JSON
    return f"{slug}-{digest(path, task, prompt, detail)}"


def split_path(path: str) -> tuple[str, str]:
    """`a/b/clip.mp4` -> (`a/b/`, `clip`). A name that is only a suffix keeps it."""
    folder, slash, name = path.rpartition("/")
    stem, dot, _ = name.rpartition(".")
    return folder + slash, (stem if dot and stem else name)


def suffix(path: str) -> str:
    """The lower-case suffix with its dot, or ""."""
    name = path.rpartition("/")[2]
    stem, dot, extension = name.rpartition(".")
    return f".{extension.lower()}" if dot and stem else ""


def distinct_output(output: str, sample_id: str) -> str:
    """The output path of a sample whose own name is taken by an earlier one (`a.mov` beside `a.mp4`)."""
    return f"{output}-{digest(sample_id, size=3)}"


def unsafe_path(path: str) -> str | None:
    """Why `path` may not become part of a key, or None."""
    if path.startswith("/"):
        return "begins with a slash"
    if "\\" in path:
        return "holds a backslash"
    if not path.isprintable():
        return "holds a control character"
    if len(path.encode("utf-8", "surrogatepass")) > PATH_LIMIT:
        return f"is longer than {PATH_LIMIT} bytes"
    if any(part in ("", ".", "..") for part in path.split("/")):
        return "holds an empty, `.` or `..` part"
    return None


def output_path(template: str, output: str, task: str, stamp: str) -> str:
    """`sub/clip` -> `sub/clip_CosmosPredictVideo2World_20260410-165029.mp4` for a blueprint's name template."""
    folder, _, stem = output.rpartition("/")
    name = template.format(stem=stem, Task=_TASK_LABELS.get(task, task.capitalize()), timestamp=stamp)
    return f"{folder}/{name}" if folder else name


def sidecar_path(output: str) -> str:
    """`<output stem>.json` beside the output."""
    return output.rpartition(".")[0] + ".json"
