"""Probing measures; it does not believe names or headers."""

from __future__ import annotations

import os
import struct
import zlib
from pathlib import Path

import av
import pytest
from PIL import Image

from cosmosctl.media.errors import HINTS, MediaError
from cosmosctl.media.probe import Budget, probe
from tests.support import clips


@pytest.mark.parametrize(
    ("name", "codec", "container"),
    [
        ("a.mp4", "libx264", "mp4"),
        ("a.mov", "libx264", "mov"),
        ("a.avi", "mpeg4", "avi"),
        ("a.mkv", "libx264", "mkv"),
        ("a.webm", "libvpx", "webm"),
        ("b.webm", "libvpx-vp9", "webm"),
    ],
)
def test_containers_and_frame_counts(tmp_path: Path, name: str, codec: str, container: str) -> None:
    info = probe(clips.clip(tmp_path / name, 13, codec=codec))
    assert (info.kind, info.container, info.frames, info.width, info.height) == ("video", container, 13, 96, 64)
    assert info.fps == pytest.approx(12, rel=0.01)
    assert info.duration_s == pytest.approx(13 / 12, rel=0.02)


@pytest.mark.parametrize(("name", "container"), [("a.png", "png"), ("a.jpg", "jpeg"), ("a.jpeg", "jpeg"), ("a.webp", "webp")])
def test_images(tmp_path: Path, name: str, container: str) -> None:
    info = probe(clips.image(tmp_path / name))
    assert (info.kind, info.container, info.frames, info.width, info.height) == ("image", container, 1, 96, 64)


def test_content_decides_and_not_the_extension(tmp_path: Path) -> None:
    clips.clip(tmp_path / "a.mkv", 6).rename(tmp_path / "really.mp4")
    assert probe(tmp_path / "really.mp4").container == "mkv"


def test_real_footage() -> None:
    counted = {path.name: probe(path).frames for path in sorted(clips.FOOTAGE.glob("*.mp4"))}
    assert counted == {"night-city.mp4": 90, "return-cup.mp4": 81, "tilt-cup.mp4": 81, "turn-box.mp4": 90}


def test_a_header_that_claims_too_much_is_corrected(tmp_path: Path) -> None:
    whole = clips.clip(tmp_path / "whole.avi", 40, codec="mpeg4").read_bytes()
    cut = tmp_path / "cut.avi"
    cut.write_bytes(whole[: len(whole) * 3 // 4])
    info = probe(cut)
    assert info.declared_frames == 40
    assert 5 < info.frames < 39
    assert info.is_truncated


def test_a_phone_clip_is_upright(tmp_path: Path) -> None:
    path = clips.clip(tmp_path / "a.mp4", 6)
    raw = bytearray(path.read_bytes())
    matrix = raw.index(b"tkhd") + 4 + 40  # turn the track's display matrix by 90 degrees
    raw[matrix : matrix + 36] = struct.pack(">9i", 0, 0x10000, 0, -0x10000, 0, 0, 64 << 16, 0, 0x40000000)
    path.write_bytes(raw)
    info = probe(path)
    assert (info.width, info.height) == (64, 96)


def _code(path: Path) -> str:
    with pytest.raises(MediaError) as caught:
        probe(path)
    assert caught.value.message
    assert caught.value.hint
    return caught.value.code


def test_files_that_are_no_media(tmp_path: Path) -> None:
    (tmp_path / "empty.mp4").touch()
    (tmp_path / "text.mp4").write_text("hello")
    (tmp_path / "page.mp4").write_text("<!DOCTYPE html><p>404")
    (tmp_path / "playlist.mp4").write_text("#EXTM3U\n/etc/passwd\n")
    (tmp_path / "noise.mp4").write_bytes(bytes(range(256)) * 40)
    (tmp_path / "folder.mp4").mkdir()
    os.mkfifo(tmp_path / "pipe.mp4")
    found = {path.stem: _code(path) for path in tmp_path.iterdir()} | {"absent": _code(tmp_path / "absent.mp4")}
    assert found == {
        "empty": "empty_file", "text": "unsupported_type", "page": "unsupported_type", "playlist": "unsupported_type",
        "noise": "unsupported_type", "folder": "not_a_file", "pipe": "not_a_file", "absent": "missing_file",
    }  # fmt: skip


def test_broken_media(tmp_path: Path) -> None:
    whole = clips.clip(tmp_path / "whole.mp4", 20).read_bytes()
    (tmp_path / "noindex.mp4").write_bytes(whole[: len(whole) // 2])  # the index of this file comes last
    picture = clips.image(tmp_path / "whole.png").read_bytes()
    (tmp_path / "half.png").write_bytes(picture[: len(picture) // 2])
    (tmp_path / "half.jpg").write_bytes(clips.image(tmp_path / "whole.jpg").read_bytes()[:200])
    assert _code(tmp_path / "noindex.mp4") == "unreadable"
    assert _code(tmp_path / "half.png") == "unreadable"
    assert _code(tmp_path / "half.jpg") == "unreadable"
    assert _code(clips.sound(tmp_path / "talk.mp4")) == "audio_only"


def test_frames_of_garbage_are_no_frames(tmp_path: Path) -> None:
    path = clips.clip(tmp_path / "a.mp4", 10)
    raw = bytearray(path.read_bytes())
    start = raw.index(b"mdat") + 4
    end = raw.index(b"moov", start) - 4
    raw[start:end] = b"\xff" * (end - start)
    path.write_bytes(raw)
    assert _code(path) == "zero_frames"


def test_decompression_bombs_are_refused_before_they_unpack(tmp_path: Path) -> None:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 60000, 60000, 8, 2, 0, 0, 0))
    bomb = tmp_path / "bomb.png"
    bomb.write_bytes(b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(bytes(60001 * 8))) + chunk(b"IEND", b""))
    assert _code(bomb) == "too_big_dimensions"


def test_animated_pictures_are_no_still_images(tmp_path: Path) -> None:
    path = tmp_path / "a.webp"
    pictures = [Image.new("RGB", (32, 32), colour) for colour in ("red", "blue")]
    pictures[0].save(path, save_all=True, append_images=pictures[1:])
    assert _code(path) == "unsupported_type"


def test_a_probe_is_bounded_in_time(tmp_path: Path) -> None:
    path = clips.clip(tmp_path / "a.mp4", 600, size=(32, 32))
    ticks = iter(range(10_000))
    info = probe(path, Budget(seconds=1.0, clock=lambda: float(next(ticks))))
    assert not info.exact
    assert 0 < info.frames < 600


def test_every_code_has_a_hint() -> None:
    assert all(hint and not hint.endswith(".") for hint in HINTS.values())
    with pytest.raises(KeyError):
        MediaError("no_such_code", "x")


def test_libx264_is_available() -> None:
    assert av.codec.Codec("libx264", "w").name == "libx264"
