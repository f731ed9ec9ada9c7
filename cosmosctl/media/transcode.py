"""Converts .mov, .avi, .mkv and .webm to .mp4 on the client, so that no GPU is rented for a container it cannot read.

Names follow from the content, so a second run finds the first one's work. Sound is left out: no model here hears it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

from cosmosctl.media.encode import Mp4Writer, clear_picture_type, whole_file
from cosmosctl.media.errors import MediaError
from cosmosctl.media.frames import upright, video_frames
from cosmosctl.media.probe import MediaInfo, file_type, open_container, probe, video_stream

RECIPE = "1"  # change it when the conversion changes: old results are then not used again
CHUNK = 1 << 20


def to_mp4(
    source: Path, folder: Path, info: MediaInfo, *, conversion: str = "transcode", cancelled: Callable[[], bool] = lambda: False
) -> tuple[Path, MediaInfo]:
    """The .mp4 of `source` in `folder` and what it is. Raises `MediaError` (`transcode_failed`) when it cannot be made."""
    target = folder / f"{_key(source)}.mp4"
    if target.exists():
        return target, probe(target)
    if conversion == "remux":
        try:
            return target, _convert(_remux, source, target, info, cancelled)
        except MediaError:
            pass  # such as packets without times: the pictures themselves are still good
    return target, _convert(_encode, source, target, info, cancelled)


def _key(source: Path) -> str:
    digest = hashlib.sha256(RECIPE.encode())
    with source.open("rb") as stream:
        while chunk := stream.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()[:20]


Converter = Callable[[Path, Path, MediaInfo, Callable[[], bool]], None]


def _convert(converter: Converter, source: Path, target: Path, info: MediaInfo, cancelled: Callable[[], bool]) -> MediaInfo:
    """The result's facts; the result exists only when it has every frame of the source."""
    try:
        with whole_file(target) as partial:
            converter(source, partial, info, cancelled)
            made = probe(partial)
            if info.exact and made.frames != info.frames:
                raise MediaError("transcode_failed", f"cannot be converted to mp4: {made.frames} of {info.frames} frames were left")
            return made
    except MediaError:
        raise
    except Exception as error:  # FFmpeg and the file system raise many types
        raise MediaError("transcode_failed", f"cannot be converted to mp4: {error}") from None


def _remux(source: Path, partial: Path, _: MediaInfo, cancelled: Callable[[], bool]) -> None:
    """New container, same pictures."""
    import av

    with open_container(source, file_type(source)) as container:
        stream = video_stream(container)
        with av.open(str(partial), "w", format="mp4", options={"movflags": "+faststart"}) as output:
            copy: Any = output.add_stream_from_template(stream)
            for packet in container.demux(stream):
                _stop_if(cancelled)
                if packet.dts is not None:
                    packet.stream = copy
                    output.mux(packet)


def _encode(source: Path, partial: Path, info: MediaInfo, cancelled: Callable[[], bool]) -> None:
    """New pictures at the source's size (even numbers) and rate."""
    width, height = max(2, info.width // 2 * 2), max(2, info.height // 2 * 2)
    rate = Fraction(info.fps).limit_denominator(1001)
    with Mp4Writer(partial, width, height, rate, crf=18) as writer:
        for frame in video_frames(source):
            _stop_if(cancelled)
            writer.write(clear_picture_type(_turned(frame)))


def _turned(frame: Any) -> Any:
    import av

    from_image: Any = av.VideoFrame.from_image
    return from_image(upright(frame)) if frame.rotation % 360 else frame


def _stop_if(cancelled: Callable[[], bool]) -> None:
    if cancelled():
        raise KeyboardInterrupt
