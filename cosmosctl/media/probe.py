"""What a media file really is: type, size, frames and rate, measured and not believed.

Headers lie (a cut download still claims all frames), so packets are counted and frames are decoded within bounds of time
and memory. It reads one local file and must not know blueprints or runs.
"""

from __future__ import annotations

import os
import stat
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cosmosctl.media.errors import MediaError
from cosmosctl.media.sniff import HEAD_BYTES, FileType, describe, sniff

MAX_VIDEO_PIXELS = 8192 * 4608
MAX_IMAGE_PIXELS = 100_000_000
DECODE_ALL_PIXELS = 150_000_000  # clips up to this many pixels are decoded whole (about half a second)
DECODE_SAMPLE = 8
HIDDEN_FRAME_CODECS = frozenset({"vp8", "mpeg4", "msmpeg4v3"})  # their packets are not one to one with shown frames


@dataclass(frozen=True)
class MediaInfo:
    """`frames` are counted; `declared_frames` is the header's claim (0: none). `exact` is False when time ran out."""

    kind: str  # "video" | "image"
    width: int
    height: int
    frames: int
    fps: float
    duration_s: float
    codec: str
    container: str
    size_bytes: int
    pixel_format: str = ""
    declared_frames: int = 0
    exact: bool = True
    extensions: tuple[str, ...] = ()

    @property
    def is_truncated(self) -> bool:
        return self.exact and self.declared_frames > 0 and self.frames < 0.98 * self.declared_frames - 1


@dataclass(frozen=True)
class Budget:
    """How long a probe may take; the clock is injected for tests."""

    seconds: float = 20.0
    clock: Callable[[], float] = time.monotonic

    def start(self) -> Callable[[], bool]:
        """A function that says whether time is up."""
        end = self.clock() + self.seconds
        return lambda: self.clock() > end


def probe(path: Path, budget: Budget | None = None) -> MediaInfo:
    """Measures `path`. Raises `MediaError` when it is not a usable video or image."""
    size = file_size(path)
    kind = file_type(path)
    if kind.kind == "image":
        return _probe_image(path, kind, size)
    return _probe_video(path, kind, size, budget or Budget())


def file_size(path: Path) -> int:
    """Size of a regular, readable, non-empty file."""
    try:
        status = path.stat()
    except FileNotFoundError:
        raise MediaError("missing_file", "there is no such file") from None
    except (OSError, ValueError) as error:
        raise MediaError("unreadable", f"cannot be read: {getattr(error, 'strerror', None) or error}") from None
    if not stat.S_ISREG(status.st_mode):
        raise MediaError("not_a_file", "is not a regular file")
    if not os.access(path, os.R_OK):
        raise MediaError("unreadable", "may not be read by this user", "change its permissions: `chmod u+r FILE`")
    if status.st_size == 0:
        raise MediaError("empty_file", "is empty")
    return status.st_size


def file_type(path: Path) -> FileType:
    """The type by content. Raises `unsupported_type`."""
    try:
        with path.open("rb") as stream:
            head = stream.read(HEAD_BYTES)
    except OSError as error:
        raise MediaError("unreadable", f"cannot be read: {error.strerror}") from None
    found = sniff(head)
    if found is None:
        raise MediaError("unsupported_type", f"is {describe(head)}; accepted are mp4, mov, avi, mkv, webm, png, jpeg, webp")
    return found


def _probe_image(path: Path, kind: FileType, size: int) -> MediaInfo:
    from PIL import Image, ImageOps

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # our own limit below is the one that counts
            with Image.open(path, formats=[kind.container.upper()]) as image:
                _check_pixels(*image.size, MAX_IMAGE_PIXELS)
                if getattr(image, "n_frames", 1) > 1:
                    raise MediaError("unsupported_type", "is an animated picture", "submit a video, or one frame as .png")
                image.load()
                width, height = ImageOps.exif_transpose(image).size
                mode = image.mode
    except MediaError:
        raise
    except Image.DecompressionBombError:
        raise MediaError("too_big_dimensions", "unpacks to more pixels than allowed") from None
    except Exception as error:  # Pillow raises many types for broken files
        raise MediaError("unreadable", f"cannot be decoded: {_short(error)}") from None
    return MediaInfo("image", width, height, 1, 0.0, 0.0, kind.container, kind.container, size, mode, 1, True, kind.extensions)


def _check_pixels(width: int, height: int, limit: int) -> None:
    if width < 1 or height < 1:
        raise MediaError("unreadable", f"claims a size of {width} x {height} pixels")
    if width * height > limit:
        raise MediaError("too_big_dimensions", f"has {width} x {height} pixels; at most {limit / 1e6:.0f} megapixels are accepted")


def _probe_video(path: Path, kind: FileType, size: int, budget: Budget) -> MediaInfo:
    import av

    timed_out = budget.start()
    try:
        with open_container(path, kind) as container:
            stream = video_stream(container)
            _check_pixels(stream.codec_context.width or stream.width, stream.codec_context.height or stream.height, MAX_VIDEO_PIXELS)
            packets, exact = _count_packets(container, stream, timed_out)
            pixels = packets * stream.width * stream.height
        hidden = stream.codec_context.name in HIDDEN_FRAME_CODECS
        whole = exact and (hidden or pixels <= DECODE_ALL_PIXELS or packets < stream.frames)
        frames, exact = _decoded(path, kind, packets, whole, timed_out)
        with open_container(path, kind) as container:
            return _video_info(container, kind, size, frames, exact)
    except MediaError:
        raise
    except (av.error.FFmpegError, OSError, ValueError, EOFError) as error:
        raise MediaError("unreadable", f"cannot be decoded: {_short(error)}") from None


def open_container(path: Path, kind: FileType) -> Any:
    """Opens `path` with the demuxer that its content calls for, and no other."""
    import av

    return av.open(str(path), format=kind.demuxer, options={"protocol_whitelist": "file"}, metadata_errors="ignore")


def video_stream(container: Any) -> Any:
    """The first stream with moving pictures; a cover picture is not one."""
    for stream in container.streams.video:
        if not stream.disposition & stream.disposition.__class__.attached_pic:
            if stream.codec_context is None:
                raise MediaError("unreadable", "uses a video codec that is not known here")
            return stream
    if container.streams.audio:
        raise MediaError("audio_only", "has sound but no video track")
    raise MediaError("unreadable", "has no video track")


def packets_of(container: Any, stream: Any) -> Iterator[Any]:
    """Packets up to the end, or up to the place where a cut file ends."""
    import av

    packets = container.demux(stream)
    while True:
        try:
            yield next(packets)
        except (StopIteration, av.error.InvalidDataError, av.error.EOFError):
            return


def _count_packets(container: Any, stream: Any, timed_out: Callable[[], bool]) -> tuple[int, bool]:
    count = 0
    for packet in packets_of(container, stream):
        if packet.size and not packet.is_discard:
            count += 1
        if count % 256 == 0 and timed_out():
            return count, False
    return count, True


def _decoded(path: Path, kind: FileType, packets: int, whole: bool, timed_out: Callable[[], bool]) -> tuple[int, bool]:
    """Number of frames and whether it is exact: all are decoded, or packets count once the head and the tail decode."""
    with open_container(path, kind) as container:
        stream = video_stream(container)
        stream.thread_type = "AUTO"
        found = _decode_count(container, stream, packets if whole else DECODE_SAMPLE, timed_out)
        if found == 0:
            raise MediaError("zero_frames", "has no frame that can be decoded")
        if whole:
            return (packets, False) if timed_out() else (found, True)
        if stream.duration:
            container.seek(stream.duration + (stream.start_time or 0), stream=stream, backward=True)
            if _decode_count(container, stream, DECODE_SAMPLE, timed_out) == 0 and not timed_out():
                raise MediaError("truncated", "ends with frames that cannot be decoded")
    return packets, not timed_out()


def _decode_count(container: Any, stream: Any, limit: int, timed_out: Callable[[], bool]) -> int:
    """Decodes up to `limit` frames; a broken frame ends the count when nothing decodes after it."""
    import av

    count = 0
    for packet in packets_of(container, stream):
        try:
            frames = packet.decode()
        except av.error.InvalidDataError:
            continue
        for frame in frames:
            _check_pixels(frame.width, frame.height, MAX_VIDEO_PIXELS)
            count += 1
        if count >= limit or (count and timed_out()):
            break
    return count


def _video_info(container: Any, kind: FileType, size: int, frames: int, exact: bool) -> MediaInfo:
    stream = video_stream(container)
    context = stream.codec_context
    duration = _duration(container, stream)
    fps = float(stream.average_rate or stream.guessed_rate or 0)
    if not 0 < fps <= 1000:
        fps = frames / duration if duration > 0 else 25.0
    width, height = _displayed_size(container, stream)
    return MediaInfo(
        "video", width, height, frames, round(fps, 4), round(frames / fps if exact else duration, 4), context.name, kind.container, size,
        str(context.pix_fmt or ""), max(0, stream.frames), exact, kind.extensions,
    )  # fmt: skip


def _displayed_size(container: Any, stream: Any) -> tuple[int, int]:
    """Size after the rotation that phones write into their clips."""
    for frame in container.decode(stream):
        turned = frame.rotation % 180 == 90
        return (frame.height, frame.width) if turned else (frame.width, frame.height)
    raise MediaError("zero_frames", "has no frame that can be decoded")


def _duration(container: Any, stream: Any) -> float:
    if stream.duration and stream.time_base:
        return float(stream.duration * stream.time_base)
    return container.duration / 1_000_000 if container.duration else 0.0


def _short(error: BaseException) -> str:
    text = str(getattr(error, "strerror", None) or error).splitlines()
    return text[0][:200] if text else type(error).__name__
