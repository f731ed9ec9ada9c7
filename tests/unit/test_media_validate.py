"""Every refused input is refused before an upload, with path, code and hint, all at once."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cosmosctl.findings import Level
from cosmosctl.media.collect import collect
from cosmosctl.media.naming import unsafe_reason
from cosmosctl.media.rules import InputRules, input_rules
from cosmosctl.media.validate import AcceptedInput, Candidate, check_inputs
from tests.support import clips

PREDICT_INPUTS = {
    "video": {"extensions": [".mp4"], "transcode_from": [".mov", ".avi", ".mkv", ".webm"], "max_mib": 1},
    "image": {"extensions": [".png", ".jpg", ".jpeg", ".webp"], "max_mib": 1},
}
PREDICT_TASKS = {
    "text2world": {"media": "none"},
    "image2world": {"media": "image"},
    "video2world": {"media": "video", "min_frames": 5},
}
PREDICT = input_rules(PREDICT_INPUTS, PREDICT_TASKS, output_name="{stem}_CosmosPredict{Task}_{timestamp}.mp4")
REASON_TASKS = {"video2text": {"media": "video"}, "image2text": {"media": "image"}}
REASON = input_rules(PREDICT_INPUTS, REASON_TASKS, output_name="{stem}_CosmosReason_{timestamp}.json")


def _check(rules: InputRules, *paths: Path) -> tuple[list[AcceptedInput], dict[str, str]]:
    accepted, findings = check_inputs(list(paths), rules)
    assert all(finding.message and finding.hint for finding in findings)
    return accepted, {finding.path: finding.rule for finding in findings}


def test_an_image_becomes_image2world_and_a_video_video2world(tmp_path: Path) -> None:
    paths = [clips.image(tmp_path / "p.png"), clips.image(tmp_path / "q.jpg"), clips.clip(tmp_path / "v.mp4", 5)]
    accepted, findings = _check(PREDICT, *paths)
    assert [item.task for item in accepted] == ["image2world", "image2world", "video2world"]
    assert findings == {}


def test_an_image_in_disguise_never_becomes_video2world(tmp_path: Path) -> None:
    accepted, findings = _check(PREDICT, clips.image(tmp_path / "p.png").rename(tmp_path / "p.mp4"))
    assert accepted == []
    assert findings == {"p.mp4": "wrong_type"}


@pytest.mark.parametrize(
    ("name", "codec", "conversion"),
    [
        ("a.mov", "libx264", "remux"),
        ("a.mkv", "libx264", "remux"),
        ("a.avi", "mpeg4", "transcode"),
        ("a.webm", "libvpx", "transcode"),
        ("a.mp4", "libx264", "none"),
    ],
)
def test_containers_the_engine_cannot_read_are_converted(tmp_path: Path, name: str, codec: str, conversion: str) -> None:
    accepted, _ = _check(PREDICT, clips.clip(tmp_path / name, 6, codec=codec))
    assert (accepted[0].conversion, accepted[0].upload_name) == (conversion, "a.mp4")


def test_all_problems_are_found_at_once(tmp_path: Path) -> None:
    clips.clip(tmp_path / "short.mp4", 4)
    clips.clip(tmp_path / "good.mp4", 6)
    clips.clip(tmp_path / "inside.mkv", 6).rename(tmp_path / "inside.mp4")
    clips.clip(tmp_path / "m.mpg", 6, codec="mpeg1video", container="mpeg", fps=25)
    (tmp_path / "empty.mp4").touch()
    (tmp_path / "big.png").write_bytes(clips.image(tmp_path / "x.png").read_bytes() + bytes(2 << 20))
    (tmp_path / "x.png").unlink()
    clips.image(tmp_path / "-rf.png")
    clips.image(tmp_path / "picture.gif", format="PNG")
    accepted, findings = _check(PREDICT, *sorted(tmp_path.iterdir()), tmp_path / "absent.mp4")
    assert [item.name for item in accepted] == ["good.mp4"]
    assert findings == {
        "short.mp4": "too_few_frames", "inside.mp4": "wrong_type", "m.mpg": "unsupported_type", "empty.mp4": "empty_file",
        "big.png": "too_large", "-rf.png": "unsafe_name", "picture.gif": "unsupported_type", "absent.mp4": "missing_file",
    }  # fmt: skip


def test_a_variant_without_video_tasks_says_so(tmp_path: Path) -> None:
    distilled = input_rules(PREDICT_INPUTS, PREDICT_TASKS, offered=["text2world"])
    _, findings = _check(distilled, clips.clip(tmp_path / "v.mp4", 6))
    assert findings == {"v.mp4": "no_task"}


def test_five_frames_are_needed_only_where_the_blueprint_says_so(tmp_path: Path) -> None:
    accepted, findings = _check(REASON, clips.clip(tmp_path / "short.mp4", 2))
    assert (len(accepted), findings) == (1, {})


def test_outputs_that_would_collide(tmp_path: Path) -> None:
    first, second = tmp_path / "a", tmp_path / "b"
    first.mkdir()
    second.mkdir()
    one = Candidate(clips.image(first / "x.png"), "x.png")
    two = Candidate(clips.image(second / "X.jpg"), "X.jpg")
    three = Candidate(clips.clip(second / "x.mp4", 6), "x.mp4")
    _, findings = check_inputs([one, two, three], PREDICT)
    assert [(finding.path, finding.rule) for finding in findings] == [("X.jpg", "duplicate_output")]  # a video has another output name
    _, findings = check_inputs([one, three], REASON)
    assert [(finding.path, finding.rule) for finding in findings] == [("x.mp4", "duplicate_output")]


def test_a_file_named_twice_is_taken_once(tmp_path: Path) -> None:
    path = clips.image(tmp_path / "x.png")
    accepted, findings = check_inputs([path, tmp_path / "." / "x.png"], PREDICT)
    assert len(accepted) == 1
    assert [(finding.rule, finding.level) for finding in findings] == [("duplicate_input", Level.WARNING)]


def test_nothing_given_is_an_error() -> None:
    _, findings = check_inputs([], PREDICT)
    assert [finding.rule for finding in findings] == ["no_inputs"]


def test_a_cut_clip_is_a_warning(tmp_path: Path) -> None:
    whole = clips.clip(tmp_path / "w.avi", 40, codec="mpeg4").read_bytes()
    (tmp_path / "w.avi").write_bytes(whole[: len(whole) * 3 // 4])
    accepted, findings = check_inputs([tmp_path / "w.avi"], PREDICT)
    assert len(accepted) == 1
    assert [(finding.rule, finding.level) for finding in findings] == [("truncated", Level.WARNING)]


@pytest.mark.parametrize(
    "name",
    ["../a.mp4", "a/../b.mp4", "/a.mp4", "-a.mp4", "x/-a.mp4", "a\nb.mp4", "a\x1b[31m.mp4", "a\u202emp4.mp4", " a.mp4", "a.", "a:b.mp4",
     "a\\b.mp4", "", "x//y.mp4", "n" * 181 + ".mp4", "/".join(["abcdefghi"] * 80), "\udcff.mp4", "a\0.mp4"],
)  # fmt: skip
def test_unsafe_names(name: str) -> None:
    assert unsafe_reason(name)


@pytest.mark.parametrize("name", ["a.mp4", "cam 1/clip-2 (final).mp4", "로봇/영상.mp4", "a'b&c.mp4", ".hidden.mp4"])
def test_safe_names(name: str) -> None:
    assert unsafe_reason(name) is None


@given(st.text(max_size=40))
def test_a_safe_name_never_leaves_its_folder(name: str) -> None:
    if unsafe_reason(name) is None:
        assert Path("/root/of/outputs", name).resolve().is_relative_to("/root/of/outputs")
        assert "\0" not in name
        name.encode()


def test_nul_in_a_path_is_a_finding_and_no_crash() -> None:
    _, findings = check_inputs([Candidate(Path("a\0b.mp4"), "ok.mp4")], PREDICT)
    assert [finding.rule for finding in findings] == ["unreadable"]


def test_collecting_files_folders_and_globs(tmp_path: Path) -> None:
    for name in ["a.mp4", "B.PNG", "note.txt", "sub/c.mp4", "sub/deep/d.mov", ".git/e.mp4", "sub/.hidden.mp4"]:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    extensions = PREDICT.extensions

    def names(*inputs: str) -> list[str]:
        return [candidate.name for candidate in collect(inputs, extensions, tmp_path)[0]]

    assert names(".") == ["B.PNG", "a.mp4", "sub/c.mp4", "sub/deep/d.mov"]
    assert names("sub") == ["c.mp4", "deep/d.mov"]
    assert names("sub/*.mp4", "a.mp4") == ["c.mp4", "a.mp4"]
    assert names("**/*.mov") == ["sub/deep/d.mov"]
    assert names("note.txt") == ["note.txt"]  # named by the user: the check says why it is refused
    found, findings = collect(["no/*.mp4", "absent", ".git"], extensions, tmp_path)
    assert [candidate.name for candidate in found] == ["e.mp4"]
    assert [(finding.path, finding.rule) for finding in findings] == [("no/*.mp4", "no_inputs"), ("absent", "missing_file")]
