"""Measures a clip frame by frame: light, movement, cuts. Numbers only; `describe` puts them into words.

Long clips are sampled so that one sample costs seconds, not minutes; the stride is part of the result.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from cosmosctl.media.frames import video_frames
from cosmosctl.media.probe import MediaInfo
from cosmosctl.worker.engines.baseline.motion import Array, block_flow, camera_shift, texture

WIDTH = 160
MAX_ANALYSED = 400
KEYFRAMES_ABOVE = 4000
DRIFT_S = 0.5
CUT_LEVEL, CUT_RATIO, CUT_HISTOGRAM = 0.06, 4.0, 0.25


class Cancelled(Exception):
    """The worker has to stop; nothing was written."""


@dataclass(frozen=True)
class Cut:
    time_s: float
    strength: float  # mean change of the picture, 0..1


@dataclass
class Track:
    """One value per analysed frame (`change` and what follows: against the frame before; 0 for the first)."""

    times: list[float] = field(default_factory=list)
    brightness: list[float] = field(default_factory=list)
    contrast: list[float] = field(default_factory=list)
    change: list[float] = field(default_factory=list)
    histogram: list[float] = field(default_factory=list)
    camera: list[tuple[float, float]] = field(default_factory=list)  # per second, shares of height (down) and width (right)
    movers: list[tuple[float, float]] = field(default_factory=list)  # likewise, of what moves against the camera
    drift: list[tuple[float, float]] = field(default_factory=list)  # camera again, over half a second: sees slow pans
    area: Array = field(default_factory=lambda: np.zeros((3, 3)))
    stride: int = 1
    keyframes_only: bool = False


def measure(path: Path, info: MediaInfo, cancelled: Callable[[], bool]) -> tuple[Track, list[Cut]]:
    """Raises `MediaError` for a clip that cannot be decoded, `Cancelled` when the worker stops."""
    track = Track(stride=max(1, -(-info.frames // MAX_ANALYSED)), keyframes_only=info.frames > KEYFRAMES_ABOVE)
    height = min(3 * WIDTH, max(24, round(WIDTH * info.height / info.width / 8) * 8))
    previous: Array | None = None
    reference: tuple[float, Array] | None = None
    origin: float | None = None
    for index, frame in enumerate(video_frames(path, keyframes_only=track.keyframes_only)):
        if cancelled():
            raise Cancelled
        if not track.keyframes_only and index % track.stride:
            continue
        time = float(frame.time) if frame.time is not None else index / info.fps
        origin = time if origin is None else origin
        grey = _grey(frame, height)
        _add(track, grey, previous, max(0.0, time - origin))
        previous, reference = grey, _drift(track, reference, grey)
    return track, find_cuts(track)


def _grey(frame: Any, height: int) -> Array:
    turned = frame.rotation % 180 == 90
    size = (height, WIDTH) if turned else (WIDTH, height)
    grey: Array = frame.reformat(width=size[0], height=size[1], format="gray").to_ndarray()
    return np.rot90(grey, frame.rotation // 90).astype(np.float32) if frame.rotation % 360 else grey.astype(np.float32)


def _add(track: Track, grey: Array, previous: Array | None, time: float) -> None:
    track.brightness.append(float(grey.mean()) / 255)
    track.contrast.append(float(grey.std()) / 255)
    change, distance = 0.0, 0.0
    if previous is not None:
        difference = np.abs(grey - previous)
        change = float(difference.mean()) / 255
        distance = _histogram_distance(grey, previous)
        if change < CUT_LEVEL or distance < CUT_HISTOGRAM:
            _add_movement(track, previous, grey, max(time - track.times[-1], 1e-3))
            rows, columns = (edge // 3 * 3 for edge in grey.shape)
            track.area += difference[:rows, :columns].reshape(3, rows // 3, 3, columns // 3).mean(axis=(1, 3))
    track.times.append(time)
    track.change.append(change)
    track.histogram.append(distance)


def _add_movement(track: Track, previous: Array, grey: Array, gap: float) -> None:
    flow = block_flow(previous, grey, reach=4)
    scale = np.array([1 / grey.shape[0] / gap, 1 / grey.shape[1] / gap])
    camera = camera_shift(flow, texture(previous))
    if camera is not None:
        track.camera.append((camera[0] * scale[0], camera[1] * scale[1]))
    against = flow - np.asarray(camera or (0.0, 0.0))
    moving = np.hypot(against[..., 0], against[..., 1]) > 0.5
    if moving.mean() > 0.01:
        dy, dx = np.median(against[moving], axis=0) * scale
        track.movers.append((float(dy), float(dx)))


def _drift(track: Track, reference: tuple[float, Array] | None, grey: Array) -> tuple[float, Array]:
    """Compares with a picture of half a second ago; returns the picture for the next comparison."""
    now = track.times[-1]
    cut = track.change[-1] >= CUT_LEVEL and track.histogram[-1] >= CUT_HISTOGRAM
    if reference is None or cut:
        return now, grey
    then, earlier = reference
    if now - then < DRIFT_S:
        return reference
    camera = camera_shift(block_flow(earlier, grey, reach=8), texture(earlier))
    if camera is not None:
        track.drift.append((camera[0] / grey.shape[0] / (now - then), camera[1] / grey.shape[1] / (now - then)))
    return now, grey


def _histogram_distance(first: Array, second: Array) -> float:
    """0 same distribution of light, 1 nothing in common."""
    one, two = (np.histogram(picture, bins=32, range=(0, 256))[0] for picture in (first, second))
    return float(np.abs(one - two).sum()) / 2 / first.size


def find_cuts(track: Track) -> list[Cut]:
    """Frames that differ much more from their predecessor than their neighbours do."""
    change = np.asarray(track.change)
    cuts = []
    for index in range(1, len(change)):
        around = np.r_[change[max(1, index - 6) : index], change[index + 1 : index + 7]]
        usual = float(np.median(around)) if len(around) else 0.0
        sudden = change[index] > max(CUT_LEVEL, CUT_RATIO * usual)
        if sudden and (track.histogram[index] > CUT_HISTOGRAM or change[index] > 2.5 * CUT_LEVEL):
            cuts.append(Cut(round(track.times[index], 3), round(float(change[index]), 4)))
    return cuts
