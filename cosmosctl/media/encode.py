"""Writes H.264 yuv420p .mp4 files that play everywhere: BT.709, index in front, complete or not there at all.

The file appears under its name only after it is closed; a killed process leaves nothing that looks like a result.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any

BT709 = 1  # code of ITU-R BT.709 for matrix, primaries and transfer in FFmpeg
LIMITED_RANGE = 1
REPEATABLE = "no-mbtree=1"  # x264's macroblock tree gives other bytes from run to run on small pictures


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """A temporary path beside `path` that becomes `path` when the block ends well, and vanishes otherwise."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        yield partial
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)


class Mp4Writer:
    """Frames in, one .mp4 out. Use as a context manager around one encode."""

    def __init__(self, path: Path, width: int, height: int, fps: Fraction | int, *, crf: int = 23, preset: str = "veryfast") -> None:
        import av

        self._rate = Fraction(fps)
        self._container: Any = av.open(str(path), "w", format="mp4", options={"movflags": "+faststart"})
        stream: Any = self._container.add_stream("libx264", rate=self._rate)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.options = {"crf": str(crf), "preset": preset, "x264-params": REPEATABLE}
        context = stream.codec_context
        context.thread_count = 2
        context.time_base = 1 / self._rate
        context.colorspace = context.color_primaries = context.color_trc = BT709
        context.color_range = LIMITED_RANGE
        self._stream = stream
        self._count = 0

    def __enter__(self) -> Mp4Writer:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        try:
            if kind is None:
                self._container.mux(self._stream.encode(None))
        finally:
            self._container.close()

    def write(self, frame: Any) -> None:
        """Appends a frame of the writer's size in any pixel format."""
        if frame.format.name != "yuv420p":
            frame = to_yuv(frame, self._stream.width, self._stream.height)
        frame.pts, frame.time_base = self._count, 1 / self._rate
        self._container.mux(self._stream.encode(frame))
        self._count += 1

    def write_planes(self, planes: Any) -> None:
        """Appends one frame given as an array of height * 3 / 2 rows (Y, then U, then V)."""
        import av

        self.write(av.VideoFrame.from_ndarray(planes, format="yuv420p"))


def to_yuv(frame: Any, width: int, height: int) -> Any:
    """The frame scaled to `width` x `height` as yuv420p, BT.709, limited range."""
    from av.video.reformatter import ColorRange, Colorspace, Interpolation

    return frame.reformat(
        width=width, height=height, format="yuv420p", dst_colorspace=Colorspace.ITU709, dst_color_range=ColorRange.MPEG,
        interpolation=Interpolation.BICUBIC,
    )  # fmt: skip


def clear_picture_type(frame: Any) -> Any:
    """Lets the encoder choose key frames itself: decoded frames carry the type of their source."""
    from av.video.frame import PictureType

    frame.pict_type = PictureType.NONE
    return frame
