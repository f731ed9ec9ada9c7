"""The baseline's answer to a reason sample: facts of a clip or an image as text. Reads the media, writes nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from cosmosctl.media.frames import open_image
from cosmosctl.media.probe import MediaInfo, probe
from cosmosctl.worker.engines.baseline import describe, segments
from cosmosctl.worker.engines.baseline.measure import Cut, Track, measure
from cosmosctl.worker.engines.baseline.picture import measure_picture

CAMERA_FLOOR = 0.015  # share of the picture per second below which a camera counts as standing
MOVER_FLOOR = 0.02


def answer(media: Path, prompt: str, wants_json: bool, cancelled: Callable[[], bool]) -> tuple[str, dict[str, Any]]:
    """The result text and the measurements behind it."""
    info = probe(media)
    if info.kind == "image":
        facts = image_facts(media, info)
        text = describe.image_text(facts)
    else:
        facts = clip_facts(info, *measure(media, info, cancelled))
        text = describe.clip_text(facts)
    return (describe.as_json(facts, prompt) if wants_json else text), facts


def image_facts(media: Path, info: MediaInfo) -> dict[str, Any]:
    return {"kind": "image", "format": info.container, "picture": asdict(measure_picture(open_image(media)))}


def clip_facts(info: MediaInfo, track: Track, cuts: list[Cut]) -> dict[str, Any]:
    return {
        "kind": "video",
        "clip": {
            "duration_s": info.duration_s,
            "frames": info.frames,
            "fps": info.fps,
            "width": info.width,
            "height": info.height,
            "codec": info.codec,
            "container": info.container,
            "analysed_frames": len(track.times),
        },
        "light": _light(track),
        "movement": _movement(track, cuts),
        "cuts": [{"time": describe.timestamp(cut.time_s), "time_s": cut.time_s, "strength": cut.strength} for cut in cuts],
    }


def _light(track: Track) -> dict[str, Any]:
    light = np.asarray(track.brightness)
    edge = max(1, len(light) // 10)
    return {
        "mean": round(float(light.mean()), 4),
        "start": round(float(light[:edge].mean()), 4),
        "end": round(float(light[-edge:].mean()), 4),
        "minimum": round(float(light.min()), 4),
        "maximum": round(float(light.max()), 4),
        "darkest_at": describe.timestamp(track.times[int(light.argmin())]),
        "brightest_at": describe.timestamp(track.times[int(light.argmax())]),
        "contrast": round(float(np.mean(track.contrast)), 4),
        "over_time": _curve(track, track.brightness),
    }


def _movement(track: Track, cuts: list[Cut]) -> dict[str, Any]:
    jitter = segments.shake(track)
    camera = segments.camera_speed(track)
    down, right, one_way = segments.mover_velocity(track)
    return {
        "segments": [
            {
                "start": describe.timestamp(item.start_s),
                "end": describe.timestamp(item.end_s),
                "movement": item.movement,
                "change": item.change,
            }
            for item in segments.segments(track, cuts)
        ],
        "where": describe.region(track.area.tolist()),
        "direction": describe.direction(down, right, MOVER_FLOOR) if one_way else "",
        "back_and_forth": bool(track.movers) and not one_way,
        "speed": round(float(np.hypot(down, right)), 4),
        "camera_seen": camera is not None,
        "camera_direction": describe.direction(*camera, CAMERA_FLOOR) if camera else "",
        "camera_speed": round(float(np.hypot(*camera)), 4) if camera else 0.0,
        "shake": round(jitter, 5),
        "shaky": jitter > segments.SHAKE,
        "over_time": _curve(track, track.change),
    }


def _curve(track: Track, values: list[float], points: int = 24) -> list[dict[str, float]]:
    """At most `points` means over equal stretches: enough to draw the course."""
    parts = np.array_split(np.arange(len(values)), min(points, len(values)))
    return [{"time_s": round(track.times[int(part[0])], 2), "value": round(float(np.mean([values[i] for i in part])), 4)} for part in parts]
