"""The baseline's answer to a predict sample: frames made by plain image arithmetic, one at a time.

video2world shows the last five frames and carries their movement on; image2world moves a virtual camera over the image;
text2world draws a pattern from the seed with the prompt as a caption. Yields planes, writes no file.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from cosmosctl.media.errors import MediaError
from cosmosctl.media.frames import last_frames, open_image, upright
from cosmosctl.worker.engines.baseline.canvas import Canvas, Fit, Planes, Stamp, centred, drawable, fit, label, planes
from cosmosctl.worker.engines.baseline.motion import Array, block_flow, smooth

CONDITIONING_FRAMES = 5
ANALYSIS_WIDTH = 240
DAMPING_FRAMES = 30.0  # movement dies away: nothing is known about the far future
CELLS = 28  # along the width
ZOOM, PAN = 0.16, 0.06


@dataclass(frozen=True)
class Shot:
    """What is to be made: size, length, seed."""

    width: int
    height: int
    frames: int
    seed: int


Pictures = Iterator[Canvas]


def from_video(media: Path, shot: Shot) -> tuple[Pictures, dict[str, Any]]:
    """Raises `MediaError` when the clip has fewer than five frames."""
    decoded = [_upright_frame(frame) for frame in last_frames(media, CONDITIONING_FRAMES)]
    if len(decoded) < CONDITIONING_FRAMES:
        raise MediaError("too_few_frames", f"has {len(decoded)} frames; video2world needs {CONDITIONING_FRAMES}")
    fitting = fit(decoded[-1].width, decoded[-1].height, shot.width, shot.height)
    known = [planes(frame, fitting) for frame in decoded]
    flow = _movement(known)
    speed = np.hypot(flow[..., 0], flow[..., 1])
    facts = {
        "method": "last five frames repeated, then warped on by their measured movement",
        "conditioning_frames": CONDITIONING_FRAMES,
        "fit": fitting.facts(),
        "mean_movement_px": round(float(speed.mean()), 3),
        "largest_movement_px": round(float(speed.max()), 3),
    }
    return _video_pictures(known, flow, fitting, shot), facts


def _upright_frame(frame: Any) -> Any:
    import av

    from_image: Any = av.VideoFrame.from_image
    return from_image(upright(frame)) if frame.rotation % 360 else frame


def _movement(known: list[Planes]) -> Array:
    """Smoothed movement per frame in pixels of the output, by blocks.

    What only one pair of frames shows is left out; what is too slow for neighbours shows between the first and the last.
    """
    small = [_shrunk(picture.y) for picture in known]
    scale = known[0].y.shape[1] / small[0].shape[1]
    flows = [block_flow(first, second) for first, second in pairwise(small)]
    near = np.median(flows, axis=0)
    far = block_flow(small[0], small[-1], reach=10) / len(flows)
    still = ~near.any(axis=-1, keepdims=True)
    return np.asarray(smooth(np.where(still, far, near)) * scale)


def _shrunk(luma: Array) -> Array:
    from PIL import Image

    height, width = luma.shape
    size = (min(ANALYSIS_WIDTH, width), max(24, round(height * min(ANALYSIS_WIDTH, width) / width)))
    return np.asarray(Image.fromarray(luma).resize(size, Image.Resampling.BOX))


def _video_pictures(known: list[Planes], flow: Array, fitting: Fit, shot: Shot) -> Pictures:
    canvas, stamp = _canvas(shot, fitting)
    for picture in known[: shot.frames]:
        yield _drawn(canvas, picture, stamp)
    mesh = Mesh(flow, fitting.box[2], fitting.box[3])
    for index in range(1, shot.frames - len(known) + 1):
        travelled = DAMPING_FRAMES * (1 - np.exp(-index / DAMPING_FRAMES))
        yield _drawn(canvas, mesh.warp(known[-1], float(travelled)), stamp)


class Mesh:
    """A grid over the picture whose corners follow the movement; Pillow fills the cells, so nothing tears."""

    def __init__(self, flow: Array, width: int, height: int) -> None:
        cell = max(16, width // CELLS)
        self.columns, self.rows = _edges(width, cell), _edges(height, cell)
        self.moves = _sample(flow, self.rows / height, self.columns / width)
        self.limits = (height, width)

    def warp(self, picture: Planes, travelled: float) -> Planes:
        rows, columns = np.meshgrid(self.rows, self.columns, indexing="ij")
        source_y, source_x = rows - travelled * self.moves[..., 0], columns - travelled * self.moves[..., 1]
        full, half = self._cells(source_y, source_x, 1), self._cells(source_y, source_x, 2)
        return Planes(_warped(picture.y, full), _warped(picture.u, half), _warped(picture.v, half))

    def _cells(self, source_y: Array, source_x: Array, shrink: int) -> list[Any]:
        bottom_edge, right_edge = self.limits[0] // shrink - 1, self.limits[1] // shrink - 1  # beyond them Pillow leaves holes
        xs = np.clip(source_x / shrink, 0, right_edge).tolist()
        ys = np.clip(source_y / shrink, 0, bottom_edge).tolist()
        left_top = [(int(row) // shrink, int(column) // shrink) for row in self.rows for column in self.columns]
        width = len(self.columns)
        cells = []
        for r in range(len(self.rows) - 1):
            for c in range(width - 1):
                top, left = left_top[r * width + c]
                bottom, right = left_top[(r + 1) * width + c + 1]
                quad = (xs[r][c], ys[r][c], xs[r + 1][c], ys[r + 1][c], xs[r + 1][c + 1], ys[r + 1][c + 1], xs[r][c + 1], ys[r][c + 1])
                cells.append(((left, top, right, bottom), quad))
        return cells


def _edges(size: int, cell: int) -> Array:
    """Even positions from 0 to `size`, about `cell` apart."""
    edges = np.linspace(0, size, max(1, round(size / cell)) + 1).astype(int) // 2 * 2
    edges[-1] = size
    return edges


def _warped(plane: Array, cells: list[Any]) -> Array:
    from PIL import Image

    image = Image.fromarray(plane)
    return np.asarray(image.transform(image.size, Image.Transform.MESH, cells, Image.Resampling.BILINEAR))


def _sample(flow: Array, rows: Array, columns: Array) -> Array:
    """The block field at the given places (shares of height and width), bilinear between block centres."""
    y = np.clip(rows * flow.shape[0] - 0.5, 0, flow.shape[0] - 1)
    x = np.clip(columns * flow.shape[1] - 0.5, 0, flow.shape[1] - 1)
    top, left = y.astype(int), x.astype(int)
    bottom, right = np.minimum(top + 1, flow.shape[0] - 1), np.minimum(left + 1, flow.shape[1] - 1)
    dy, dx = (y - top)[:, None, None], (x - left)[None, :, None]
    upper = flow[np.ix_(top, left)] * (1 - dx) + flow[np.ix_(top, right)] * dx
    lower = flow[np.ix_(bottom, left)] * (1 - dx) + flow[np.ix_(bottom, right)] * dx
    return np.asarray(upper * (1 - dy) + lower * dy)


def from_image(media: Path, shot: Shot) -> tuple[Pictures, dict[str, Any]]:
    """A slow push in with a drift whose direction follows the seed."""
    import av

    make: Any = av.VideoFrame.from_image
    frame = make(open_image(media))
    fitting = fit(frame.width, frame.height, shot.width, shot.height)
    angle = float(np.random.default_rng(shot.seed).uniform(0, 2 * np.pi))
    facts = {
        "method": "virtual camera moved over the image",
        "conditioning_frames": 1,
        "fit": fitting.facts(),
        "camera": {"zoom": ZOOM, "direction_degrees": round(float(np.degrees(angle)), 1)},
    }
    return _image_pictures(planes(frame, fitting), angle, fitting, shot), facts


def _image_pictures(picture: Planes, angle: float, fitting: Fit, shot: Shot) -> Pictures:
    canvas, stamp = _canvas(shot, fitting)
    for index in range(shot.frames):
        share = index / max(1, shot.frames - 1)
        eased = share * share * (3 - 2 * share)
        kept = 1 - ZOOM * eased
        centre = (0.5 + PAN * eased * np.cos(angle), 0.5 + PAN * eased * np.sin(angle))
        yield _drawn(canvas, Planes(*(_seen(plane, kept, centre) for plane in (picture.y, picture.u, picture.v))), stamp)


def _seen(plane: Array, kept: float, centre: tuple[float, float]) -> Array:
    from PIL import Image

    height, width = plane.shape
    left = min(max(centre[0] - kept / 2, 0.0), 1 - kept) * width
    top = min(max(centre[1] - kept / 2, 0.0), 1 - kept) * height
    image = Image.fromarray(plane)
    box = (left, top, min(left + kept * width, width), min(top + kept * height, height))
    return np.asarray(image.resize(image.size, Image.Resampling.BICUBIC, box=box))


def from_text(prompt: str, shot: Shot) -> tuple[Pictures, dict[str, Any]]:
    """Slowly drifting colours; nothing in them comes from the prompt."""
    shown, complete = drawable(prompt)
    facts = {"method": "pattern drawn from the seed, prompt as caption", "conditioning_frames": 0, "prompt_drawn_completely": complete}
    return _text_pictures(shown, shot), facts


def _text_pictures(shown: str, shot: Shot) -> Pictures:
    canvas, stamp = _canvas(shot, Fit("exact", (shot.width, shot.height), (0, 0, shot.width, shot.height), 0.0))
    caption = centred(canvas, shown)
    random = np.random.default_rng(shot.seed)
    waves = random.uniform((0.5, 0.5, -1.2, 0), (3.0, 3.0, 1.2, 2 * np.pi), size=(3, 4, 4))  # per plane: fy, fx, speed, phase
    rows, columns = np.meshgrid(np.linspace(0, 1, 44), np.linspace(0, 1, 80), indexing="ij")
    for index in range(shot.frames):
        layers = [_wave(waves[plane], rows, columns, index / 16) for plane in range(3)]
        y = _grown(110 + 70 * layers[0], shot.width, shot.height)
        u = _grown(128 + 36 * layers[1], shot.width // 2, shot.height // 2)
        v = _grown(128 + 36 * layers[2], shot.width // 2, shot.height // 2)
        canvas.put(Planes(y, u, v))
        caption(canvas)
        stamp(canvas)
        yield canvas


def _wave(waves: Array, rows: Array, columns: Array, time: float) -> Array:
    angles = [2 * np.pi * (fy * rows + fx * columns) + speed * time + phase for fy, fx, speed, phase in waves]
    return np.asarray(np.mean(np.sin(angles), axis=0))


def _grown(values: Array, width: int, height: int) -> Array:
    from PIL import Image

    return np.asarray(Image.fromarray(values.astype(np.uint8)).resize((width, height), Image.Resampling.BICUBIC))


def _canvas(shot: Shot, fitting: Fit) -> tuple[Canvas, Stamp]:
    canvas = Canvas(shot.width, shot.height, fitting.box)
    return canvas, label(canvas)


def _drawn(canvas: Canvas, picture: Planes, stamp: Stamp) -> Canvas:
    canvas.put(picture)
    stamp(canvas)
    return canvas
