"""Puts measurements into plain sentences, or into JSON. Pure; it claims nothing that was not measured."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

NOTE = (
    "No AI model was used. These are measurements by cosmosctl's baseline engine; the prompt was not interpreted, "
    "and nothing here says what the footage shows."
)


def timestamp(seconds: float) -> str:
    """mm:ss.ff"""
    hundredths = round(seconds * 100)
    return f"{hundredths // 6000:02d}:{hundredths // 100 % 60:02d}.{hundredths % 100:02d}"


def as_json(facts: Mapping[str, Any], prompt: str) -> str:
    return json.dumps({"note": NOTE, "prompt_not_interpreted": prompt, **facts}, indent=2, ensure_ascii=False)


def clip_text(facts: Mapping[str, Any]) -> str:
    paragraphs = [NOTE, _clip(facts["clip"]), _light(facts["light"]), _movement(facts["movement"]), _cuts(facts["cuts"])]
    if facts["clip"]["analysed_frames"] < facts["clip"]["frames"]:
        paragraphs.append(f"Of the {facts['clip']['frames']} frames {facts['clip']['analysed_frames']} were measured.")
    return "\n\n".join(paragraphs)


def _clip(clip: Mapping[str, Any]) -> str:
    return (
        f"The clip lasts {clip['duration_s']:.2f} s: {clip['frames']} frames at {clip['fps']:g} frames per second, "
        f"{clip['width']} x {clip['height']} pixels, {clip['codec']} in {clip['container']}."
    )


def _light(light: Mapping[str, Any]) -> str:
    start, end = light["start"], light["end"]
    drift = end - start
    if abs(drift) < 0.03:
        course = "and stays about the same"
    else:
        course = f"and {'rises' if drift > 0 else 'falls'} from {start:.0%} at the start to {end:.0%} at the end"
    return (
        f"Brightness is {light['mean']:.0%} of the maximum on average ({_brightness(light['mean'])}) {course}; "
        f"it is lowest at {light['darkest_at']} ({light['minimum']:.0%}) and highest at {light['brightest_at']} ({light['maximum']:.0%}). "
        f"Contrast is {_contrast(light['contrast'])} ({light['contrast']:.0%})."
    )


def _brightness(value: float) -> str:
    return "dark" if value < 0.25 else "medium" if value < 0.6 else "bright"


def _contrast(value: float) -> str:
    return "low" if value < 0.12 else "medium" if value < 0.22 else "high"


def _movement(movement: Mapping[str, Any]) -> str:
    segments: Sequence[Mapping[str, Any]] = movement["segments"]
    if not segments:
        return "There are too few frames to measure movement."
    lines = ["Movement over time:"]
    lines += [f"- {segment['start']} to {segment['end']}: {segment['movement']}" for segment in segments]
    if movement["where"]:
        lines.append(f"Most of the change is in the {movement['where']} of the picture.")
    if movement["direction"]:
        lines.append(f"What moves goes mostly {movement['direction']} (about {movement['speed']:.0%} of the picture's size per second).")
    elif movement["back_and_forth"]:
        lines.append("What moves goes in changing directions.")
    lines.append(_camera(movement))
    return "\n".join(lines)


def _camera(movement: Mapping[str, Any]) -> str:
    if not movement["camera_seen"]:
        return "Whether the camera moves cannot be measured: the rim of the picture has too little structure."
    if movement["shaky"]:
        return f"The camera shakes: its speed changes by {movement['shake']:.0%} of the picture per second from frame to frame."
    if movement["camera_direction"]:
        return f"The picture as a whole moves {movement['camera_direction']}, as when a camera pans or travels."
    return "The camera appears to stand still."


def _cuts(cuts: Sequence[Mapping[str, Any]]) -> str:
    if not cuts:
        return "No scene change was found."
    times = ", ".join(str(cut["time"]) for cut in cuts)
    return f"{'One scene change' if len(cuts) == 1 else f'{len(cuts)} scene changes'} at {times}."


def image_text(facts: Mapping[str, Any]) -> str:
    picture = facts["picture"]
    width, height = picture["width"], picture["height"]
    size = f"The image has {width} x {height} pixels ({width * height / 1e6:.2f} megapixels), {facts['format']}."
    light = (
        f"Brightness is {picture['brightness']:.0%} ({_brightness(picture['brightness'])}), contrast {_contrast(picture['contrast'])} "
        f"({picture['contrast']:.0%}), colour saturation {picture['saturation']:.0%}."
    )
    detail = (
        f"The picture is {_sharpness(picture['sharpness'])} (Laplacian variance {picture['sharpness']:g}); "
        f"{picture['dark_share']:.0%} of it is nearly black and {picture['bright_share']:.0%} nearly white."
    )
    colours = ", ".join(f"{colour['name']} ({colour['hex']}, {colour['share']:.0%})" for colour in picture["colours"])
    return "\n\n".join([NOTE, size, f"{light} {detail}", f"Dominant colours: {colours}."])


def _sharpness(variance: float) -> str:
    return "blurred or plain" if variance < 60 else "moderately sharp" if variance < 300 else "sharp"


def direction(dy: float, dx: float, floor: float) -> str:
    """ "to the left", "up and to the right", ... or "" below `floor`."""
    if (dy * dy + dx * dx) ** 0.5 < floor:
        return ""
    vertical = "" if abs(dy) < 0.4 * abs(dx) else "down" if dy > 0 else "up"
    horizontal = "" if abs(dx) < 0.4 * abs(dy) else "to the right" if dx > 0 else "to the left"
    return " and ".join(word for word in (vertical, horizontal) if word)


ROWS, COLUMNS = ("upper", "middle", "lower"), ("left", "centre", "right")


def region(area: Sequence[Sequence[float]]) -> str:
    """The ninth of the picture that stands out, or "" when change is spread evenly."""
    values = [(float(value), row, column) for row, line in enumerate(area) for column, value in enumerate(line)]
    total = sum(value for value, _, _ in values)
    value, row, column = max(values)
    if total <= 0 or value / total < 0.2:
        return ""
    return "centre" if (row, column) == (1, 1) else f"{ROWS[row]} {COLUMNS[column]}"
