"""Reads pictures of a clip or an image upright, one at a time, for measuring, for posters and for the baseline engine.

Bounded memory: frames are yielded, never collected here. It must not know what they are used for.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cosmosctl.media.errors import MediaError
from cosmosctl.media.probe import MAX_IMAGE_PIXELS, MAX_VIDEO_PIXELS, file_size, file_type, open_container, packets_of, video_stream
from cosmosctl.media.sniff import FileType

SEEK_ABOVE_S = 20.0


def video_frames(path: Path, *, keyframes_only: bool = False) -> Iterator[Any]:
    """`av.VideoFrame`s in display order. Broken packets are skipped; raises `MediaError` when nothing decodes."""
    import av

    file_size(path)
    kind = file_type(path)
    if kind.kind != "video":
        raise MediaError("wrong_type", f"contains {kind.container}, not a video")
    count = 0
    try:
        with open_container(path, kind) as container:
            stream = video_stream(container)
            stream.thread_type = "AUTO"
            if keyframes_only:
                stream.codec_context.skip_frame = "NONKEY"
            for frame in _decode(container, stream):
                if frame.width * frame.height > MAX_VIDEO_PIXELS:
                    raise MediaError("too_big_dimensions", f"has frames of {frame.width} x {frame.height} pixels")
                count += 1
                yield frame
    except (av.error.FFmpegError, OSError, EOFError) as error:
        if count == 0:
            raise MediaError("unreadable", f"cannot be decoded: {error}") from None
    if count == 0:
        raise MediaError("zero_frames", "has no frame that can be decoded")


def _decode(container: Any, stream: Any) -> Iterator[Any]:
    import av

    for packet in packets_of(container, stream):
        try:
            yield from packet.decode()
        except av.error.InvalidDataError:
            continue


def last_frames(path: Path, count: int) -> list[Any]:
    """Up to `count` last frames; long clips are sought near the end instead of being decoded whole."""
    file_size(path)
    kind = file_type(path)
    if kind.kind == "video":
        found = _tail(path, kind, count)
        if len(found) == count:
            return found
    return list(deque(video_frames(path), maxlen=count))


def _tail(path: Path, kind: FileType, count: int) -> list[Any]:
    import av

    try:
        with open_container(path, kind) as container:
            stream = video_stream(container)
            if not stream.duration or not stream.time_base or stream.duration * stream.time_base < SEEK_ABOVE_S:
                return []
            target = int((stream.start_time or 0) + stream.duration - 1 / stream.time_base)
            container.seek(target, stream=stream, backward=True)
            return list(deque(_decode(container, stream), maxlen=count))
    except (av.error.FFmpegError, OSError):
        return []


def upright(frame: Any) -> Any:
    """The frame as an RGB Pillow image, turned as the clip asks for."""
    image = frame.to_image()
    return image.rotate(frame.rotation, expand=True) if frame.rotation % 360 else image


def open_image(path: Path) -> Any:
    """An upright RGB Pillow image. Raises `MediaError`."""
    from PIL import Image, ImageOps

    file_size(path)
    kind = file_type(path)
    if kind.kind != "image":
        raise MediaError("wrong_type", f"contains {kind.container}, not an image")
    try:
        with Image.open(path, formats=[kind.container.upper()]) as image:
            if image.width * image.height > MAX_IMAGE_PIXELS:
                raise MediaError("too_big_dimensions", f"has {image.width} x {image.height} pixels")
            return _flatten(ImageOps.exif_transpose(image))
    except MediaError:
        raise
    except Exception as error:  # Pillow raises many types for broken files
        raise MediaError("unreadable", f"cannot be decoded: {error}") from None


def _flatten(image: Any) -> Any:
    """RGB; transparent parts become white."""
    from PIL import Image

    if image.mode in {"RGBA", "LA", "PA"} or "transparency" in image.info:
        layer = image.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", layer.size, "white"), layer).convert("RGB")
    return image.convert("RGB")


def poster(path: Path, *, at: float = 0.5, max_side: int = 640, quality: int = 82) -> bytes:
    """A JPEG of an image, or of the frame at the share `at` of a clip (0 first, 1 last)."""
    import io

    image = open_image(path) if file_type(path).kind == "image" else _frame_at(path, at)
    image.thumbnail((max_side, max_side))
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=quality, optimize=True)
    return buffer.getvalue()


def _frame_at(path: Path, at: float) -> Any:
    """Seeks near the wanted time; falls back to the first frame of clips that cannot be sought."""
    import av

    kind = file_type(path)
    chosen = None
    try:
        with open_container(path, kind) as container:
            stream = video_stream(container)
            target = _seek(container, stream, at)
            for frame in _decode(container, stream):
                chosen = frame
                if frame.pts is None or frame.pts >= target:
                    break
    except (av.error.FFmpegError, OSError, EOFError):
        chosen = None
    return upright(chosen if chosen is not None else next(video_frames(path)))


def _seek(container: Any, stream: Any, at: float) -> int:
    if not stream.duration or at <= 0:
        return 0
    target = int((stream.start_time or 0) + stream.duration * min(at, 1.0))
    container.seek(target, stream=stream, backward=True)
    return target
