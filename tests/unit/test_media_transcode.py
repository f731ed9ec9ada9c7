"""Conversion keeps every frame and its colours, and leaves nothing half done."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from cosmosctl.media.encode import Mp4Writer
from cosmosctl.media.errors import MediaError
from cosmosctl.media.frames import poster, video_frames
from cosmosctl.media.probe import probe
from cosmosctl.media.transcode import to_mp4
from tests.support import clips


@pytest.mark.parametrize(
    ("name", "codec", "conversion"),
    [
        ("a.mov", "libx264", "remux"),
        ("a.mkv", "libx264", "remux"),
        ("a.avi", "mpeg4", "transcode"),
        ("a.webm", "libvpx", "transcode"),
        ("b.avi", "libx264", "remux"),
    ],
)
def test_conversion_keeps_frames_rate_and_size(tmp_path: Path, name: str, codec: str, conversion: str) -> None:
    source = clips.clip(tmp_path / name, 17, codec=codec)
    target, info = to_mp4(source, tmp_path / "cache", probe(source), conversion=conversion)
    assert target.suffix == ".mp4"
    assert (info.container, info.codec, info.pixel_format, info.frames, info.width, info.height) == ("mp4", "h264", "yuv420p", 17, 96, 64)
    assert info.fps == pytest.approx(12, rel=0.01)
    assert probe(target) == info
    assert [path.name for path in (tmp_path / "cache").iterdir()] == [target.name]


def test_the_same_content_is_converted_once(tmp_path: Path) -> None:
    source = clips.clip(tmp_path / "a.avi", 8, codec="mpeg4")
    first, _ = to_mp4(source, tmp_path / "cache", probe(source))
    stamp = first.stat().st_mtime_ns
    again, _ = to_mp4(source.rename(tmp_path / "renamed.avi"), tmp_path / "cache", probe(tmp_path / "renamed.avi"))
    assert (again, again.stat().st_mtime_ns) == (first, stamp)


def test_odd_sizes_become_even(tmp_path: Path) -> None:
    source = clips.clip(tmp_path / "a.avi", 5, size=(95, 63), codec="mjpeg", pixel_format="yuvj444p")
    _, info = to_mp4(source, tmp_path, probe(source))
    assert (info.width, info.height) == (94, 62)


def test_colours_stay(tmp_path: Path) -> None:
    source = clips.clip(tmp_path / "a.avi", 5, codec="mpeg4")
    target, _ = to_mp4(source, tmp_path, probe(source))
    difference = np.abs(clips.frames_of(source)[2].astype(int) - clips.frames_of(target)[2].astype(int))
    assert difference.mean() < 4


def test_an_interrupted_conversion_leaves_no_file(tmp_path: Path) -> None:
    source = clips.clip(tmp_path / "a.avi", 40, codec="mpeg4")
    answers = iter([False] * 10 + [True] * 100)
    with pytest.raises(KeyboardInterrupt):
        to_mp4(source, tmp_path / "cache", probe(source), cancelled=lambda: next(answers))
    assert list((tmp_path / "cache").iterdir()) == []


def test_lost_frames_are_an_error_and_leave_no_file(tmp_path: Path) -> None:
    import dataclasses

    source = clips.clip(tmp_path / "a.avi", 9, codec="mpeg4")
    with pytest.raises(MediaError) as caught:
        to_mp4(source, tmp_path / "cache", dataclasses.replace(probe(source), frames=12))
    assert caught.value.code == "transcode_failed"
    assert "9 of 12" in caught.value.message
    assert list((tmp_path / "cache").iterdir()) == []


def test_written_colours_are_the_colours_that_players_show(tmp_path: Path) -> None:
    import av

    path = tmp_path / "colours.mp4"
    wanted = np.zeros((64, 96, 3), np.uint8)
    wanted[:, :32], wanted[:, 32:64], wanted[:, 64:] = (200, 30, 30), (30, 180, 40), (40, 50, 190)
    with Mp4Writer(path, 96, 64, 16) as writer:
        for _ in range(4):
            writer.write(av.VideoFrame.from_ndarray(wanted, format="rgb24"))
    shown = clips.frames_of(path)[3].astype(int)
    for column in (16, 48, 80):
        assert np.abs(shown[32, column] - wanted[32, column]).max() <= 6
    with av.open(str(path)) as container:
        assert container.streams.video[0].codec_context.colorspace == 1  # BT.709, so that browsers agree


def test_posters(tmp_path: Path) -> None:
    jpeg = poster(clips.FOOTAGE / "turn-box.mp4", max_side=320)
    assert jpeg.startswith(b"\xff\xd8")
    (tmp_path / "p.jpg").write_bytes(jpeg)
    assert (probe(tmp_path / "p.jpg").width, probe(tmp_path / "p.jpg").height) == (320, 240)
    assert poster(clips.image(tmp_path / "i.png")).startswith(b"\xff\xd8")
    assert poster(clips.clip(tmp_path / "a.avi", 3, codec="mpeg4"), at=1.0).startswith(b"\xff\xd8")


def test_frames_are_streamed() -> None:
    assert sum(1 for _ in video_frames(clips.FOOTAGE / "tilt-cup.mp4")) == 81
