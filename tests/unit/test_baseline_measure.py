"""What the baseline claims about a clip is what was put into it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cosmosctl.worker.engines.baseline import canvas, describe
from cosmosctl.worker.engines.baseline.measure import Track, find_cuts
from cosmosctl.worker.engines.baseline.motion import block_flow, camera_shift, smooth, texture
from cosmosctl.worker.engines.baseline.picture import colour_name, measure_picture
from cosmosctl.worker.engines.baseline.predict import Shot, from_video
from cosmosctl.worker.engines.baseline.reason import answer
from tests.support import clips


def noise(height: int, width: int, seed: int = 1) -> np.ndarray:
    small = np.random.default_rng(seed).integers(0, 255, (height // 4, width // 4)).astype(np.uint8)
    return np.asarray(Image.fromarray(small).resize((width, height), Image.Resampling.BICUBIC)).astype(np.float32)


def never() -> bool:
    return False


@pytest.mark.parametrize(("dy", "dx"), [(0, 0), (3, -2), (-4, 1), (0, 4)])
def test_flow_of_a_moved_picture(dy: int, dx: int) -> None:
    world = noise(120, 180)
    first, second = world[10:106, 10:154], world[10 - dy : 106 - dy, 10 - dx : 154 - dx]
    flow = block_flow(first, second, reach=5)
    assert np.median(flow[..., 0]) == pytest.approx(dy, abs=0.3)
    assert np.median(flow[..., 1]) == pytest.approx(dx, abs=0.3)
    assert camera_shift(flow, texture(first)) == pytest.approx((dy, dx), abs=0.3)


def test_a_thing_that_moves_is_not_taken_for_the_camera() -> None:
    first = noise(96, 144)
    second = first.copy()
    second[32:64, 52:92] = first[32:64, 48:88]
    flow = block_flow(first, second)
    assert camera_shift(flow, texture(first)) == pytest.approx((0, 0), abs=0.1)
    assert flow[5, 8, 1] == pytest.approx(4, abs=0.5)


def test_an_even_rim_says_nothing_about_the_camera() -> None:
    first = np.full((96, 144), 120.0, np.float32)
    first[40:56, 60:90] = noise(16, 32)[:, :30]
    assert camera_shift(block_flow(first, first), texture(first)) is None


def test_noise_is_no_movement() -> None:
    random = np.random.default_rng(3)
    first, second = (120 + random.normal(0, 2, (96, 144)) for _ in range(2))
    assert not smooth(block_flow(first, second)).any()


def _fading(width: int, height: int, index: int) -> np.ndarray:
    return np.full((height, width, 3), 30 + 8 * index, np.uint8)


def test_brightness_over_time(tmp_path: Path) -> None:
    text, facts = answer(clips.clip(tmp_path / "a.mp4", 25, picture=_fading), "", False, never)
    light = facts["light"]
    assert light["start"] == pytest.approx(0.13, abs=0.03)
    assert light["end"] == pytest.approx(0.86, abs=0.03)
    assert "rises from" in text
    assert light["darkest_at"] == "00:00.00"
    assert facts["cuts"] == []


def _two_scenes(width: int, height: int, index: int) -> np.ndarray:
    picture = clips.moving_square(width, height, 2)
    return picture if index < 18 else 255 - picture // 2


def test_cuts_have_times_and_still_stretches_are_still(tmp_path: Path) -> None:
    text, facts = answer(clips.clip(tmp_path / "a.mp4", 36, picture=_two_scenes), "", False, never)
    assert [cut["time"] for cut in facts["cuts"]] == ["00:01.50"]
    assert {segment["movement"] for segment in facts["movement"]["segments"]} == {"still"}
    assert "One scene change at 00:01.50" in text


def _shaking(width: int, height: int, index: int) -> np.ndarray:
    world = noise(height + 20, width + 20)
    top, left = 10 + (3 if index % 2 else -3), 10 + (4 if index % 3 else -4)
    return np.repeat(world[top : top + height, left : left + width, None], 3, axis=2).astype(np.uint8)


def _panning(width: int, height: int, index: int) -> np.ndarray:
    world = noise(height, width + 80)
    return np.repeat(world[:, 2 * index : 2 * index + width, None], 3, axis=2).astype(np.uint8)


def test_shaking_and_panning_are_told_apart(tmp_path: Path) -> None:
    shaken, _ = answer(clips.clip(tmp_path / "s.mp4", 24, size=(160, 120), picture=_shaking), "", False, never)
    panned, facts = answer(clips.clip(tmp_path / "p.mp4", 24, size=(160, 120), picture=_panning), "", False, never)
    assert "The camera shakes" in shaken
    assert "The picture as a whole moves to the left" in panned
    assert facts["movement"]["camera_speed"] == pytest.approx(2 / 160 * 12, rel=0.2)


def test_a_slow_pan_is_seen_too(tmp_path: Path) -> None:
    def picture(width: int, height: int, index: int) -> np.ndarray:
        return np.repeat(noise(height, width + 80)[:, index : index + width, None], 3, axis=2).astype(np.uint8)

    path = clips.clip(tmp_path / "p.mp4", 36, size=(640, 480), fps=24, picture=picture)
    text, facts = answer(path, "", False, never)
    assert "The picture as a whole moves to the left" in text
    assert facts["movement"]["camera_speed"] == pytest.approx(24 / 640, rel=0.35)
    known = Shot(640, 352, 12, 0)
    _, predicted = from_video(path, known)
    assert predicted["mean_movement_px"] == pytest.approx(1, abs=0.4)


def test_movement_has_a_place_and_a_direction(tmp_path: Path) -> None:
    def picture(width: int, height: int, index: int) -> np.ndarray:
        world = np.repeat(noise(height, width)[..., None], 3, axis=2).astype(np.uint8) // 3
        world[8:40, 8 + 2 * index : 40 + 2 * index] = 255 - np.repeat(noise(32, 32)[..., None], 3, axis=2).astype(np.uint8) // 3
        return world

    _, facts = answer(clips.clip(tmp_path / "a.mp4", 12, size=(160, 120), picture=picture), "", False, never)
    assert facts["movement"]["where"] == "upper left"
    assert facts["movement"]["direction"] == "to the right"


def test_one_frame_is_enough_to_answer(tmp_path: Path) -> None:
    text, facts = answer(clips.clip(tmp_path / "a.mp4", 1), "", False, never)
    assert facts["clip"]["frames"] == 1
    assert "too few frames to measure movement" in text


def test_long_clips_are_sampled(tmp_path: Path) -> None:
    text, facts = answer(clips.clip(tmp_path / "a.mp4", 900, size=(64, 48)), "", False, never)
    assert facts["clip"]["frames"] == 900
    assert facts["clip"]["analysed_frames"] == 300
    assert "Of the 900 frames 300 were measured." in text


def test_a_flash_in_noise_is_no_series_of_cuts() -> None:
    track = Track(times=[index / 10 for index in range(20)], change=[0.05, 0.07] * 10, histogram=[0.5] * 20)
    assert find_cuts(track) == []


@pytest.mark.parametrize(
    ("rgb", "name"),
    [
        ((0, 0, 0), "black"),
        ((255, 255, 255), "white"),
        ((128, 128, 128), "grey"),
        ((220, 20, 20), "red"),
        ((110, 60, 20), "dark brown"),
        ((20, 40, 200), "blue"),
    ],
)
def test_colour_names(rgb: tuple[int, int, int], name: str) -> None:
    assert colour_name(*rgb) == name


def test_picture_facts() -> None:
    flat = measure_picture(Image.new("RGB", (200, 100), (20, 40, 200)))
    assert (flat.width, flat.height, flat.contrast, flat.sharpness) == (200, 100, 0.0, 0.0)
    assert flat.colours[0].name == "blue"
    assert flat.colours[0].share == 1.0


@pytest.mark.parametrize("size", [(2, 64), (64, 2), (16, 16), (130, 2)])
def test_thin_clips_are_no_trouble(tmp_path: Path, size: tuple[int, int]) -> None:
    def picture(width: int, height: int, index: int) -> np.ndarray:
        return np.full((height, width, 3), 20 * index, np.uint8)

    path = clips.clip(tmp_path / "a.mp4", 6, size=size, picture=picture)
    pictures, _ = from_video(path, Shot(192, 112, 8, 0))
    assert sum(1 for _ in pictures) == 8
    assert answer(path, "", False, never)[0]


@pytest.mark.parametrize(("seconds", "text"), [(0, "00:00.00"), (1.5, "00:01.50"), (59.999, "01:00.00"), (3725.04, "62:05.04")])
def test_timestamps(seconds: float, text: str) -> None:
    assert describe.timestamp(seconds) == text


@pytest.mark.parametrize(
    ("size", "policy"),
    [
        ((1280, 704), "exact"),
        ((2560, 1408), "exact"),
        ((1920, 1080), "crop"),
        ((640, 480), "letterbox"),
        ((480, 854), "letterbox"),
        ((3, 2000), "letterbox"),
    ],
)
def test_fitting_keeps_the_aspect_ratio(size: tuple[int, int], policy: str) -> None:
    found = canvas.fit(*size, 1280, 704)
    left, top, width, height = found.box
    assert found.policy == policy
    assert left + width <= 1280
    assert top + height <= 704
    assert all(value % 2 == 0 for value in (*found.box, *found.scaled))
    if size != (3, 2000):
        assert found.scaled[0] / found.scaled[1] == pytest.approx(size[0] / size[1], rel=0.01)
