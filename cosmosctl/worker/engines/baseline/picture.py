"""Measures one image: light, contrast, sharpness, dominant colours. Numbers only."""

from __future__ import annotations

import colorsys
from dataclasses import dataclass
from typing import Any

import numpy as np

SIDE = 512
COLOURS = 5


@dataclass(frozen=True)
class Colour:
    name: str
    hex: str
    share: float


@dataclass(frozen=True)
class PictureFacts:
    """Brightness, contrast, saturation 0..1; sharpness is the variance of the Laplacian at 512 pixels."""

    width: int
    height: int
    brightness: float
    contrast: float
    saturation: float
    sharpness: float
    dark_share: float
    bright_share: float
    colours: tuple[Colour, ...]


def measure_picture(image: Any) -> PictureFacts:
    small = image.copy()
    small.thumbnail((SIDE, SIDE))
    grey = np.asarray(small.convert("L"), np.float32)
    saturation = np.asarray(small.convert("HSV"))[..., 1]
    return PictureFacts(
        width=image.width,
        height=image.height,
        brightness=round(float(grey.mean()) / 255, 4),
        contrast=round(float(grey.std()) / 255, 4),
        saturation=round(float(saturation.mean()) / 255, 4),
        sharpness=round(_laplacian_variance(grey), 1),
        dark_share=round(float((grey < 16).mean()), 4),
        bright_share=round(float((grey > 240).mean()), 4),
        colours=_colours(small),
    )


def _laplacian_variance(grey: Any) -> float:
    if min(grey.shape) < 3:
        return 0.0
    inner = grey[1:-1, 1:-1]
    return float((grey[:-2, 1:-1] + grey[2:, 1:-1] + grey[1:-1, :-2] + grey[1:-1, 2:] - 4 * inner).var())


def _colours(image: Any) -> tuple[Colour, ...]:
    reduced = image.resize((96, 96)).quantize(COLOURS)
    palette = reduced.getpalette()
    counts = sorted(reduced.getcolors(), reverse=True)
    total = sum(count for count, _ in counts)
    found = []
    for count, index in counts:
        red, green, blue = palette[3 * index : 3 * index + 3]
        found.append(Colour(colour_name(red, green, blue), f"#{red:02x}{green:02x}{blue:02x}", round(count / total, 3)))
    return tuple(found)


HUES: tuple[tuple[int, str], ...] = (  # upper bound in degrees
    (15, "red"),
    (40, "orange"),
    (65, "yellow"),
    (160, "green"),
    (195, "cyan"),
    (255, "blue"),
    (290, "purple"),
    (335, "pink"),
    (361, "red"),
)


def colour_name(red: int, green: int, blue: int) -> str:
    hue, light, saturation = colorsys.rgb_to_hls(red / 255, green / 255, blue / 255)
    if light < 0.08:
        return "black"
    if light > 0.93:
        return "white"
    tone = "dark " if light < 0.3 else "light " if light > 0.72 else ""
    if saturation < 0.12:
        return f"{tone}grey"
    if 8 <= hue * 360 < 45 and light < 0.5:
        return f"{tone}brown"
    return tone + next(name for bound, name in HUES if hue * 360 < bound)
