"""The baseline behind the engine protocol: playable, honest, repeatable, and never an exception for a bad sample."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cosmosctl.media.probe import probe
from cosmosctl.worker.engines.base import FailureClass, Outcome, Task
from cosmosctl.worker.engines.baseline import create
from tests.support import clips

SMALL = {"width": 192, "height": 112, "frames": 12, "fps": 16, "seed": 7}


def never() -> bool:
    return False


def run(
    media: Path | None, output: Path, params: Mapping[str, Any] = SMALL, *, prompt: str = "Go on", stop: Callable[[], bool] = never
) -> Outcome:
    kind = "none" if media is None else "image" if media.suffix in {".png", ".jpg"} else "video"
    engine = create()
    engine.load(None, "cpu", {})
    (outcome,) = engine.run([Task("s1", prompt, media, kind, params, output)], stop)
    return outcome


def test_it_says_that_it_is_no_model() -> None:
    info = create().load(None, "cuda", {"blueprint": "predict"})
    assert (info.name, info.model, info.uses_model, info.device) == ("baseline", "none", False, "cpu")


def test_full_size_prediction_of_real_footage(tmp_path: Path) -> None:
    outcome = run(clips.FOOTAGE / "tilt-cup.mp4", tmp_path / "o.mp4", {})
    assert outcome.ok, outcome.message
    info = probe(tmp_path / "o.mp4")
    assert (info.frames, info.fps, info.width, info.height, info.codec, info.pixel_format) == (93, 16.0, 1280, 704, "h264", "yuv420p")
    facts = outcome.facts
    assert (facts["frames"], facts["fps"], facts["width"], facts["height"], facts["seed"]) == (93, 16, 1280, 704, 0)
    assert facts["model_used"] is False
    assert facts["fit"]["policy"] == "letterbox"
    assert set(facts["timings"]) == {"read_and_measure_s", "render_s"}
    before = clips.frames_of(clips.FOOTAGE / "tilt-cup.mp4")[-1].astype(int)
    left, top, width, height = facts["fit"]["box"]
    shown = clips.frames_of(tmp_path / "o.mp4")[4][top : top + height, left : left + width].astype(int)
    step = before.shape[0] / height
    rows = (np.arange(height) * step).astype(int)
    columns = (np.arange(width) * before.shape[1] / width).astype(int)
    assert np.abs(before[np.ix_(rows, columns)] - shown).mean() < 8  # frame 5 is the clip's last frame, in its colours


def test_movement_goes_on(tmp_path: Path) -> None:
    media = clips.clip(tmp_path / "m.mp4", 16, size=(192, 112), picture=lambda w, h, i: clips.moving_square(w, h, i, step=4))
    outcome = run(media, tmp_path / "o.mp4")
    assert outcome.facts["largest_movement_px"] == pytest.approx(4, abs=1.5)

    def centre(frame: np.ndarray) -> float:
        bright = np.argwhere(frame[:80].min(axis=2) > 200)
        return float(bright[:, 1].mean())

    frames = clips.frames_of(tmp_path / "o.mp4")
    assert centre(frames[11]) > centre(frames[4]) + 6


def test_a_still_clip_stays_still(tmp_path: Path) -> None:
    media = clips.clip(tmp_path / "m.mp4", 8, size=(192, 112), picture=lambda w, h, i: clips.moving_square(w, h, 3))
    assert run(media, tmp_path / "o.mp4").facts["largest_movement_px"] == 0
    frames = clips.frames_of(tmp_path / "o.mp4")
    assert np.abs(frames[0].astype(int) - frames[-1]).mean() < 2.5


@pytest.mark.parametrize("name", ["video.mp4", "image.png", None])
def test_the_same_seed_gives_the_same_file(tmp_path: Path, name: str | None) -> None:
    media = None if name is None else clips.clip(tmp_path / name, 8) if name.endswith("mp4") else clips.image(tmp_path / name)
    for output in ("a.mp4", "b.mp4"):
        assert run(media, tmp_path / output).ok
    assert (tmp_path / "a.mp4").read_bytes() == (tmp_path / "b.mp4").read_bytes()


def test_another_seed_gives_another_pattern_and_another_camera(tmp_path: Path) -> None:
    for media in (None, clips.image(tmp_path / "i.png")):
        run(media, tmp_path / "a.mp4")
        run(media, tmp_path / "b.mp4", {**SMALL, "seed": 8})
        assert (tmp_path / "a.mp4").read_bytes() != (tmp_path / "b.mp4").read_bytes()


def test_an_image_starts_as_itself_and_then_moves(tmp_path: Path) -> None:
    outcome = run(clips.FOOTAGE / "coffee.jpg", tmp_path / "o.mp4", {**SMALL, "frames": 30})
    frames = clips.frames_of(tmp_path / "o.mp4")
    assert outcome.facts["conditioning_frames"] == 1
    assert np.abs(frames[0].astype(int) - frames[-1]).mean() > 3
    assert len(frames) == 30


def test_the_caption_is_visible(tmp_path: Path) -> None:
    run(clips.image(tmp_path / "i.png", (192, 112)), tmp_path / "o.mp4")
    corner = clips.frames_of(tmp_path / "o.mp4")[0][-26:, :110]
    assert corner.max() > 190
    assert corner.min() < 70


def test_text_without_a_glyph_is_admitted(tmp_path: Path) -> None:
    assert run(None, tmp_path / "o.mp4", prompt="A cup").facts["prompt_drawn_completely"] is True
    assert run(None, tmp_path / "o.mp4", prompt="컵").facts["prompt_drawn_completely"] is False
    assert run(None, tmp_path / "o.mp4", prompt="word " * 800).ok


def test_a_stop_between_frames_leaves_nothing(tmp_path: Path) -> None:
    answers = iter([False] * 5 + [True] * 1000)
    outcome = run(clips.image(tmp_path / "i.png"), tmp_path / "out" / "o.mp4", stop=lambda: next(answers))
    assert (outcome.ok, outcome.failure, outcome.code) == (False, FailureClass.TRANSIENT, "cancelled")
    assert list((tmp_path / "out").iterdir()) == []


@pytest.mark.parametrize("suffix", [".json", ".mp4"])
def test_bad_media_are_input_failures_with_the_codes_of_the_client(tmp_path: Path, suffix: str) -> None:
    (tmp_path / "empty.mp4").touch()
    (tmp_path / "text.mp4").write_text("hello")
    clips.sound(tmp_path / "talk.mp4")
    for name, code in {"empty": "empty_file", "text": "unsupported_type", "talk": "audio_only", "absent": "missing_file"}.items():
        outcome = run(tmp_path / f"{name}.mp4", tmp_path / f"o{suffix}")
        assert (outcome.ok, outcome.failure, outcome.code) == (False, FailureClass.INPUT, code)
    assert not (tmp_path / f"o{suffix}").exists()


def test_four_frames_are_too_few_for_video2world(tmp_path: Path) -> None:
    outcome = run(clips.clip(tmp_path / "m.mp4", 4), tmp_path / "o.mp4")
    assert (outcome.failure, outcome.code) == (FailureClass.INPUT, "too_few_frames")
    assert run(clips.clip(tmp_path / "n.mp4", 5), tmp_path / "o.mp4").ok


@pytest.mark.parametrize("change", [{"frames": 0}, {"frames": "many"}, {"width": 9}, {"fps": -1}, {"seed": None}])
def test_impossible_parameters_are_input_failures(tmp_path: Path, change: Mapping[str, Any]) -> None:
    outcome = run(None, tmp_path / "o.mp4", {**SMALL, **change})
    assert (outcome.failure, outcome.code) == (FailureClass.INPUT, "invalid_parameter")


def test_trouble_of_the_machine_is_no_fault_of_the_input(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    outcome = run(None, tmp_path / "file" / "o.mp4")
    assert outcome.failure is FailureClass.RESOURCE


def test_a_bad_sample_does_not_stop_the_next_one(tmp_path: Path) -> None:
    (tmp_path / "bad.mp4").write_text("x")
    tasks = [
        Task("bad", "", tmp_path / "bad.mp4", "video", SMALL, tmp_path / "a.mp4"),
        Task("good", "", clips.clip(tmp_path / "g.mp4", 6), "video", SMALL, tmp_path / "b.mp4"),
    ]
    assert [(outcome.sample_id, outcome.ok) for outcome in create().run(tasks, never)] == [("bad", False), ("good", True)]


def test_an_answer_begins_with_what_it_is_not(tmp_path: Path) -> None:
    outcome = run(clips.FOOTAGE / "night-city.mp4", tmp_path / "o.json", {}, prompt="Which city?")
    text = outcome.facts["result"]
    assert text.startswith("No AI model was used.")
    assert "the prompt was not interpreted" in text
    assert "lasts 3.60 s: 90 frames at 25 frames per second, 720 x 404" in text
    assert "One scene change at 00:02.00." in text
    assert json.loads((tmp_path / "o.json").read_text())["result"] == text
    assert (outcome.facts["frames"], outcome.facts["width"]) == (90, 720)


def test_json_on_request(tmp_path: Path) -> None:
    facts = run(clips.FOOTAGE / "turn-box.mp4", tmp_path / "o.json", {"json": True}, prompt="박스?").facts
    answer = json.loads(facts["result"])
    assert answer["prompt_not_interpreted"] == "박스?"
    assert answer["clip"]["frames"] == 90
    assert answer["movement"]["segments"][0]["start"] == "00:00.00"
    assert "No AI model" in answer["note"]


def test_image_answer(tmp_path: Path) -> None:
    text = run(clips.FOOTAGE / "coffee.jpg", tmp_path / "o.json", {}).facts["result"]
    assert "600 x 400 pixels" in text
    assert "brown" in text
