"""Cuts a clip's time line into stretches of one kind of movement and finds shaking. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cosmosctl.worker.engines.baseline.measure import Cut, Track

# upper bounds of the mean change of the picture per 1/25 s
LEVELS: tuple[tuple[float, str], ...] = ((0.0012, "still"), (0.007, "slow"), (0.02, "moderate"), (float("inf"), "fast"))
SHORTEST_S = 0.4
SMOOTH_S = 0.4
SHAKE = 0.004  # share of the picture by which the camera jitters from frame to frame


@dataclass(frozen=True)
class Segment:
    start_s: float
    end_s: float
    movement: str
    change: float


def segments(track: Track, cuts: Sequence[Cut]) -> list[Segment]:
    """Stretches of still, slow, moderate or fast movement, in order and without gaps."""
    if len(track.times) < 2:
        return []
    rates = _rates(track, {cut.time_s for cut in cuts})
    found: list[Segment] = []
    for index in range(1, len(track.times)):
        start, end, rate = track.times[index - 1], track.times[index], float(rates[index])
        movement = next(name for bound, name in LEVELS if rate < bound)
        same = found and (found[-1].movement == movement or end - found[-1].start_s < SHORTEST_S)
        if same:
            last = found.pop()
            share = (end - start) / max(end - last.start_s, 1e-9)
            found.append(Segment(last.start_s, end, last.movement, last.change * (1 - share) + rate * share))
        else:
            found.append(Segment(start, end, movement, rate))
    return [Segment(round(item.start_s, 3), round(item.end_s, 3), item.movement, round(item.change, 5)) for item in found]


def _rates(track: Track, cut_times: set[float]) -> np.ndarray:
    """Change per 1/25 s, smoothed over time; a cut is no movement."""
    times, change = np.asarray(track.times), np.asarray(track.change)
    gaps = np.maximum(np.diff(times, prepend=times[0] - (times[1] - times[0])), 1e-3)
    rates = change / (gaps * 25)
    for index, time in enumerate(times):
        if round(float(time), 3) in cut_times:
            rates[index] = rates[index - 1] if index > 1 else 0.0
    width = max(1, round(SMOOTH_S / float(np.median(gaps))) | 1)
    padded = np.pad(rates, width // 2, mode="edge")
    return np.asarray(np.convolve(padded, np.ones(width) / width, mode="valid"))


def shake(track: Track) -> float:
    """How much the camera's movement changes from frame to frame, as a share of the picture (median)."""
    camera = np.asarray(track.camera[1:])
    if len(camera) < 4:
        return 0.0
    jitter = np.hypot(*np.diff(camera, axis=0).T)
    return float(np.median(jitter))


def camera_speed(track: Track) -> tuple[float, float]:
    """Mean movement of the whole picture per second: shares of height (down) and width (right)."""
    camera = np.asarray(track.camera[1:])
    if not len(camera):
        return 0.0, 0.0
    gap = (track.times[-1] - track.times[0]) / len(camera)
    dy, dx = np.median(camera, axis=0) / max(gap, 1e-3)
    return float(dy), float(dx)


def main_direction(track: Track) -> tuple[float, float]:
    """Mean movement of what moves, per second: shares of height (down) and width (right)."""
    if not track.flow:
        return 0.0, 0.0
    values = np.asarray(track.flow)[:, 1:]
    dy, dx = values.mean(axis=0)
    return float(dy), float(dx)
