"""Makes small media files for tests at run time: right ones, broken ones and ones that lie about themselves."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from PIL import Image

FOOTAGE = Path(__file__).resolve().parents[2] / "examples" / "footage"


def moving_square(width: int, height: int, index: int, step: int = 3) -> np.ndarray:
    """A white square that moves to the right over a textured background."""
    rows, columns = np.mgrid[0:height, 0:width]
    picture = np.empty((height, width, 3), np.uint8)
    picture[..., 0] = 60 + 40 * ((rows // 8 + columns // 8) % 2)
    picture[..., 1] = 80
    picture[..., 2] = 90
    left = (8 + step * index) % max(1, width - 24)
    picture[height // 3 : height // 3 + 20, left : left + 20] = 255
    return picture


def clip(
    path: Path,
    frames: int = 12,
    *,
    size: tuple[int, int] = (96, 64),
    fps: int = 12,
    codec: str = "libx264",
    container: str | None = None,
    pixel_format: str = "yuv420p",
    picture: Any = moving_square,
) -> Path:
    """A clip in the container of `path`'s extension (or `container`)."""
    with av.open(str(path), "w", format=container) as output:
        stream: Any = output.add_stream(codec, rate=fps)
        stream.width, stream.height, stream.pix_fmt = *size, pixel_format
        stream.codec_context.time_base = Fraction(1, fps)
        for index in range(frames):
            frame = av.VideoFrame.from_ndarray(picture(*size, index), format="rgb24")
            frame.pts = index
            output.mux(stream.encode(frame.reformat(format=pixel_format)))
        output.mux(stream.encode(None))
    return path


def sound(path: Path) -> Path:
    """A file with a sound track and no picture."""
    with av.open(str(path), "w") as output:
        stream: Any = output.add_stream("aac", rate=16000)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), format="fltp", layout="mono")
        frame.rate = 16000
        for index in range(8):
            frame.pts = index * 1024
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    return path


def image(path: Path, size: tuple[int, int] = (96, 64), **options: Any) -> Path:
    Image.fromarray(moving_square(*size, 2)).save(path, **options)
    return path


def frames_of(path: Path) -> list[np.ndarray]:
    """All frames as RGB arrays, with the colours that a player shows."""
    with av.open(str(path)) as container:
        return [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
