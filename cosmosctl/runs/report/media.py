"""Reads local files into report media: bytes within a bound, a poster, a caption. The one part of the report that opens files."""

from __future__ import annotations

from pathlib import Path

from cosmosctl.media.errors import MediaError
from cosmosctl.media.frames import poster
from cosmosctl.media.probe import MediaInfo, probe
from cosmosctl.runs.report.model import Media

MIME = {
    "mp4": "video/mp4",
    "webm": "video/webm",
    "mov": "video/quicktime",
    "avi": "video/x-msvideo",
    "mkv": "video/x-matroska",
    "png": "image/png",
    "jpeg": "image/jpeg",
    "webp": "image/webp",
}
BROWSER_CODECS = frozenset({"h264", "vp8", "vp9", "av1"})
MAX_FILE_BYTES = 16 * 1024 * 1024


def read_media(path: Path, *, name: str = "", link: str = "", max_bytes: int = MAX_FILE_BYTES) -> Media | None:
    """The media in `path`, or None when it is no usable clip or image. Large files come without their bytes."""
    try:
        info = probe(path)
        picture = poster(path)
    except (MediaError, OSError):
        return None
    data = path.read_bytes() if info.size_bytes <= max_bytes else None
    return Media(info.kind, name or path.name, mime_of(info), data, picture, link, caption(info))


def mime_of(info: MediaInfo) -> str:
    """A clip whose codec browsers lack gets its container's name, which the report does not try to play."""
    if info.container == "mp4" and info.codec not in BROWSER_CODECS:
        return "video/x-mp4-other"
    return MIME[info.container]


def caption(info: MediaInfo) -> str:
    size = f"{info.width} × {info.height}"
    if info.kind == "image":
        return f"{size}, {info.container}"
    return f"{size}, {info.frames} frames, {info.fps:g} fps, {info.duration_s:.1f} s"
