"""What a case of wrong input to submit is, and the makers of wrong files."""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from tests.support.clips import clip

Make = Callable[[Path], object]


@dataclass(frozen=True)
class SubmitCase:
    """`make` fills the folder; `argv` follows `submit`. `path` is in the error's path,
    `rule` the first finding's, `line` of the manifest."""

    id: str
    argv: tuple[str, ...]
    code: str
    path: str
    rule: str = ""
    hint: str = ""
    make: Make = lambda folder: None
    line: int = 0
    status: int = 3


def text(name: str, content: str | bytes) -> Make:
    return lambda folder: (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())


def both(*makers: Make) -> Make:
    return lambda folder: [make(folder) for make in makers]


def sparse(name: str, mib: int) -> Make:
    """A film of so many MiB that takes no room on the disk."""

    def make(folder: Path) -> None:
        clip(folder / name)
        with (folder / name).open("r+b") as stream:
            stream.truncate(mib << 20)

    return make


def renamed(make: Callable[[Path], Path], made: str, name: str) -> Make:
    return lambda folder: make(folder / made).rename(folder / name)


def no_frames(folder: Path) -> None:
    """The header of a film that promises pictures, and none of them."""
    whole = clip(folder / "whole.mp4").read_bytes()
    (folder / "whole.mp4").unlink()
    at = whole.index(b"mdat") - 4
    size = struct.unpack(">I", whole[at : at + 4])[0]
    (folder / "x.mp4").write_bytes(whole[: at + 8] + bytes(size - 8) + whole[at + size :])


def cut_header(folder: Path) -> None:
    """What a broken copy leaves: the index at the end is missing."""
    whole = clip(folder / "x.mp4").read_bytes()
    (folder / "x.mp4").write_bytes(whole[: len(whole) // 2])


def bomb(folder: Path) -> None:
    """A PNG of a few hundred bytes that claims 60,000 x 60,000 pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    body = zlib.compress(bytes(4096))
    (folder / "x.png").write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b""))


def gif(folder: Path) -> None:
    Image.fromarray(np.zeros((32, 32, 3), np.uint8)).save(folder / "x.gif")


def lines(*records: object) -> Make:
    body = "\n".join(item if isinstance(item, str) else json.dumps(item) for item in records) + "\n"
    return both(text("m.jsonl", body), lambda folder: clip(folder / "a.mp4"))
