"""Looks at an output before anyone is told that it exists: present, not empty, and a video that decodes.

An engine that ends without an error has not proven anything; guardrail blocks and full disks leave empty files behind.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

VIDEO = frozenset({".mp4"})


class BadOutput(Exception):
    """The engine said yes, the file says no."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def measure_output(path: Path) -> Mapping[str, Any]:
    """Measured frames, fps, width, height and duration of a video; {} for other files. Raises `BadOutput`."""
    if not path.is_file():
        raise BadOutput("output_missing", "the engine reported success and wrote no output")
    if path.stat().st_size == 0:
        raise BadOutput("output_empty", "the output is empty")
    return _measure_video(path) if path.suffix in VIDEO else {}


def _measure_video(path: Path) -> Mapping[str, Any]:
    from cosmosctl.media.errors import MediaError
    from cosmosctl.media.probe import probe

    try:
        info = probe(path)
    except MediaError as error:
        raise BadOutput("output_unreadable", f"the output does not decode: {error}") from error
    if info.kind != "video" or info.frames < 1:
        raise BadOutput("output_unreadable", f"the output is {info.kind} with {info.frames} frames")
    return {"frames": info.frames, "fps": info.fps, "width": info.width, "height": info.height, "duration_s": info.duration_s}
