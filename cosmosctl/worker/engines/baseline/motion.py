"""Measures movement between two grey pictures with numpy alone. Pure.

Vectors are (dy, dx) in pixels of the given pictures, from the earlier to the later one.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
STATIC_BIAS = 0.6  # grey levels per pixel by which a moved match must be better than staying in place
LEAST_GAIN = 2.0  # grey levels by which movement must explain a block better than rest does: else it is noise or repetition
TEXTURE = 4.0  # standard deviation in grey levels above which a block shows where it is


def block_flow(earlier: Array, later: Array, block: int = 8, reach: int = 6) -> Array:
    """Movement per block, shape (rows, columns, 2), found by matching windows of three by three blocks."""
    rows, columns = earlier.shape[0] // block, earlier.shape[1] // block
    if not rows or not columns:  # a picture thinner than one block shows no movement
        return np.zeros((1, 1, 2), np.float32)
    height, width = rows * block, columns * block
    first = np.pad(earlier[:height, :width].astype(np.int16), reach, mode="edge")
    second = later[:height, :width].astype(np.int16)
    span = 2 * reach + 1
    costs = np.empty((span, span, rows, columns), np.float32)
    for dy in range(span):
        for dx in range(span):
            moved = first[span - 1 - dy : span - 1 - dy + height, span - 1 - dx : span - 1 - dx + width]
            error = np.abs(second - moved).reshape(rows, block, columns, block).sum(axis=(1, 3), dtype=np.float32)
            away = abs(dy - reach) + abs(dx - reach)
            costs[dy, dx] = _window(error / (block * block)) + STATIC_BIAS * min(away, 2)
    return _best(costs, reach)


def _window(values: Array) -> Array:
    padded = np.pad(values, 1, mode="edge")
    rows, columns = values.shape
    total = sum(padded[y : y + rows, x : x + columns] for y in range(3) for x in range(3))
    return np.asarray(total) / 9


def _best(costs: Array, reach: int) -> Array:
    span, _, rows, columns = costs.shape
    flat = costs.reshape(span * span, rows, columns).argmin(axis=0)
    dy, dx = flat // span, flat % span
    flow = np.stack([dy - reach, dx - reach], axis=-1).astype(np.float32)
    flow[..., 0] += _parabola(costs, dy, dx, 0)
    flow[..., 1] += _parabola(costs, dy, dx, 1)
    gain = costs[reach, reach] - costs.min(axis=(0, 1))
    flow[((dy == reach) & (dx == reach)) | (gain < LEAST_GAIN)] = 0
    return flow


def texture(grey: Array, block: int = 8) -> Array:
    """Which blocks have enough structure for a movement to be seen."""
    rows, columns = grey.shape[0] // block, grey.shape[1] // block
    blocks = grey[: rows * block, : columns * block].reshape(rows, block, columns, block)
    return np.asarray(blocks.std(axis=(1, 3)) > TEXTURE)


def camera_shift(flow: Array, textured: Array) -> tuple[float, float] | None:
    """(dy, dx) of the camera: what the rim of the picture does, or None when too little of the rim has structure.

    A thing that moves inside the picture touches one or two sides; a camera moves all of them.
    """
    sides = [(np.s_[:2, :]), (np.s_[-2:, :]), (np.s_[:, :2]), (np.s_[:, -2:])]
    seen = [flow[side][textured[side]] for side in sides if textured[side].mean() > 0.2]
    if len(seen) < 3:
        return None
    moves = np.median(np.concatenate(seen), axis=0)
    return float(moves[0]), float(moves[1])


def _parabola(costs: Array, dy: Array, dx: Array, axis: int) -> Array:
    row, column = np.indices(dy.shape)
    last = costs.shape[0] - 1
    step_y, step_x = (1, 0) if axis == 0 else (0, 1)
    before = costs[np.maximum(dy - step_y, 0), np.maximum(dx - step_x, 0), row, column]
    after = costs[np.minimum(dy + step_y, last), np.minimum(dx + step_x, last), row, column]
    bend = before - 2 * costs[dy, dx, row, column] + after
    return np.where(bend > 1e-6, np.clip(0.5 * (before - after) / np.maximum(bend, 1e-6), -0.5, 0.5), 0.0)


def smooth(flow: Array, rounds: int = 1) -> Array:
    """Outliers removed by a median of neighbours, then blurred, so that a warp by it does not tear."""
    rows, columns, _ = flow.shape
    padded = np.pad(flow, ((1, 1), (1, 1), (0, 0)), mode="edge")
    neighbours = np.stack([padded[y : y + rows, x : x + columns] for y in range(3) for x in range(3)])
    result: Array = np.median(neighbours, axis=0)
    for _ in range(rounds):
        result = np.stack([_window(result[..., 0]), _window(result[..., 1])], axis=-1)
    return result
