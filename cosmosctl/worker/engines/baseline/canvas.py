"""Pictures as yuv420p planes of the output's size: fitting, captions, packing. Works on arrays, writes no file."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from cosmosctl.media.encode import to_yuv
from cosmosctl.worker.engines.baseline.motion import Array

CROP_LIMIT = 0.15  # share of the picture that may be cut away before bars are the smaller evil
CAPTION = "baseline: no model"
BLACK, NEUTRAL, WHITE = 16, 128, 235


@dataclass(frozen=True)
class Fit:
    """How a picture comes into the output: scaled to `scaled`, then `crop`ped or put into bars (`letterbox`) at `box`."""

    policy: str  # "exact" | "crop" | "letterbox"
    scaled: tuple[int, int]
    box: tuple[int, int, int, int]  # left, top, width, height of the visible picture in the output
    lost_share: float

    def facts(self) -> dict[str, Any]:
        return {"policy": self.policy, "box": list(self.box), "cropped_share": round(self.lost_share, 4)}


@dataclass(frozen=True)
class Planes:
    """Luma and the two half-size chroma planes of the visible picture."""

    y: Array
    u: Array
    v: Array


def fit(width: int, height: int, out_width: int, out_height: int) -> Fit:
    """Keeps the aspect ratio. Little is lost: crop; else bars."""
    cover = max(out_width / width, out_height / height)
    lost = 1 - (out_width * out_height) / (cover * width * cover * height)
    if lost <= CROP_LIMIT:
        scaled = (max(out_width, _even(cover * width)), max(out_height, _even(cover * height)))
        return Fit("exact" if lost < 0.01 else "crop", scaled, (0, 0, out_width, out_height), max(0.0, lost))
    inside = min(out_width / width, out_height / height)
    scaled = (min(out_width, max(2, _even(inside * width))), min(out_height, max(2, _even(inside * height))))
    left, top = (out_width - scaled[0]) // 4 * 2, (out_height - scaled[1]) // 4 * 2
    return Fit("letterbox", scaled, (left, top, *scaled), 0.0)


def _even(value: float) -> int:
    return round(value / 2) * 2


def planes(frame: Any, fitting: Fit) -> Planes:
    """A decoded frame scaled and cropped to the visible box."""
    width, height = fitting.scaled
    packed: Array = to_yuv(frame, width, height).to_ndarray()
    y, u, v = unpack(packed, width, height)
    _, _, box_width, box_height = fitting.box
    left, top = (width - box_width) // 4 * 2, (height - box_height) // 4 * 2
    inner = (slice(top // 2, (top + box_height) // 2), slice(left // 2, (left + box_width) // 2))
    return Planes(np.ascontiguousarray(y[top : top + box_height, left : left + box_width]), u[inner].copy(), v[inner].copy())


def unpack(packed: Array, width: int, height: int) -> tuple[Array, Array, Array]:
    size = width * height
    flat = packed.reshape(-1)
    half = (height // 2, width // 2)
    return flat[:size].reshape(height, width), flat[size : size * 5 // 4].reshape(half), flat[size * 5 // 4 :].reshape(half)


class Canvas:
    """The output frame that is drawn on again and again; what is outside the box stays black."""

    def __init__(self, width: int, height: int, box: tuple[int, int, int, int]) -> None:
        self.packed = np.full((height * 3 // 2, width), BLACK, np.uint8)
        self.y, self.u, self.v = unpack(self.packed, width, height)
        self.u[:], self.v[:] = NEUTRAL, NEUTRAL
        left, top, box_width, box_height = box
        self._luma = (slice(top, top + box_height), slice(left, left + box_width))
        self._chroma = (slice(top // 2, (top + box_height) // 2), slice(left // 2, (left + box_width) // 2))

    def put(self, picture: Planes) -> None:
        self.y[self._luma], self.u[self._chroma], self.v[self._chroma] = picture.y, picture.u, picture.v


Stamp = Callable[[Canvas], None]


def label(canvas: Canvas, text: str = CAPTION) -> Stamp:
    """A function that draws a small white text on a dark plate into the lower left corner."""
    height = canvas.y.shape[0]
    mask = text_mask(text, max(12, round(height / 40)))
    margin = max(4, height // 50) // 2 * 2
    return _plate(canvas, mask, margin, canvas.y.shape[0] - mask.shape[0] - margin)


def centred(canvas: Canvas, text: str) -> Stamp:
    """A function that draws `text`, wrapped, in the middle."""
    height, width = canvas.y.shape
    size = max(14, round(height / 20))
    lines = textwrap.wrap(text, max(12, round(width / size * 1.6)), max_lines=8, placeholder=" …") or [" "]
    mask = text_mask("\n".join(lines), size)[:height, :width]
    return _plate(canvas, mask, (width - mask.shape[1]) // 4 * 2, (height - mask.shape[0]) // 4 * 2)


def _plate(canvas: Canvas, mask: Array, left: int, top: int) -> Stamp:
    left, top = max(0, left), max(0, top) // 2 * 2
    height, width = min(mask.shape[0], canvas.y.shape[0] - top), min(mask.shape[1], canvas.y.shape[1] - left)
    luma = (slice(top, top + height), slice(left, left + width))
    chroma = (slice(top // 2, (top + height) // 2), slice(left // 2, (left + width) // 2))
    share = mask[:height, :width].astype(np.uint16)

    def stamp(target: Canvas) -> None:
        dimmed = target.y[luma].astype(np.uint16) * 2 // 5 + 10
        target.y[luma] = (dimmed * (255 - share) + share * WHITE) // 255
        for plane in (target.u, target.v):
            plane[chroma] = ((plane[chroma].astype(np.uint16) + 3 * NEUTRAL) // 4).astype(np.uint8)

    return stamp


def text_mask(text: str, size: int) -> Array:
    """Coverage 0..255 of a text with padding, even sized."""
    from PIL import Image, ImageDraw, ImageFont

    font = ImageFont.load_default(size)
    pad = size // 2
    probe = ImageDraw.Draw(Image.new("L", (1, 1)))
    left, top, right, bottom = probe.multiline_textbbox((0, 0), text, font=font, spacing=size // 3)
    image = Image.new("L", (_up(right - left + 2 * pad), _up(bottom - top + 2 * pad)))
    ImageDraw.Draw(image).multiline_text((pad - left, pad - top), text, fill=255, font=font, spacing=size // 3, align="center")
    return np.asarray(image)


def _up(value: float) -> int:
    return int(-(-value // 2) * 2)


def drawable(text: str) -> tuple[str, bool]:
    """The text with a dot for each character that the built-in font lacks, and whether all were there.

    The font of the machine is not used: the same seed must give the same picture everywhere.
    """
    from PIL import ImageFont

    font = ImageFont.load_default(16)
    missing = bytes(font.getmask("\uffff"))

    def known(character: str) -> bool:
        return character.isspace() or bytes(font.getmask(character)) != missing

    shown = "".join(character if known(character) else "·" for character in text)
    return shown, shown == text
