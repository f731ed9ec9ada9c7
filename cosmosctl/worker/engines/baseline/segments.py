"""Cuts a clip's time line into stretches of one kind of movement and finds shaking. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cosmosctl.worker.engines.baseline.measure import Cut, Track

# upper bounds of the mean change of the picture per 1/25 s
LEVELS: tuple[tuple[float, str], ...] = ((0.0012, "still"), (0.007, "slow"), (0.02, "moderate"), (float("inf"), "fast"))
SHORTEST_S = 0.5
SMOOTH_S = 0.6
SHAKE = 0.1  # change of the camera's speed from frame to frame, in pictures per second
SLOW_PAN = 0.05  # pictures per second below which neighbouring frames do not show a pan
ONE_WAY = 0.35  # share of the way that is left when all movements are added up


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
    """How much the camera's speed changes from frame to frame, in pictures per second (median)."""
    if len(track.camera) < 4:
        return 0.0
    return float(np.median(np.hypot(*np.diff(np.asarray(track.camera), axis=0).T)))


def camera_speed(track: Track) -> tuple[float, float] | None:
    """Usual movement of the whole picture per second, shares of height and width; None when it cannot be seen."""
    if len(track.camera) < max(2, len(track.times) // 2):
        return None
    dy, dx = np.median(np.asarray(track.camera), axis=0)
    if np.hypot(dy, dx) < SLOW_PAN and track.drift:
        dy, dx = np.median(np.asarray(track.drift), axis=0)
    return float(dy), float(dx)


def mover_velocity(track: Track) -> tuple[float, float, bool]:
    """Mean movement per second of what moves (shares of height and width), and whether it goes mostly one way."""
    if len(track.movers) < 3:
        return 0.0, 0.0, False
    values = np.asarray(track.movers)
    dy, dx = values.mean(axis=0)
    path = float(np.hypot(*values.T).mean())
    return float(dy), float(dx), float(np.hypot(dy, dx)) > ONE_WAY * path
