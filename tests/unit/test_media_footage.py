"""The demo footage is small, whole and documented: source, author and licence of every file."""

from __future__ import annotations

from cosmosctl.media.probe import probe
from tests.support.clips import FOOTAGE

FILES = sorted(path for path in FOOTAGE.iterdir() if path.name != "README.md")


def test_every_file_has_its_source_and_licence() -> None:
    rows = [line for line in (FOOTAGE / "README.md").read_text(encoding="utf-8").splitlines() if line.startswith("| `")]
    assert sorted(row.split("`")[1] for row in rows) == [path.name for path in FILES]
    assert all("CC0" in row or "Apache-2.0" in row for row in rows)
    assert all(len([cell for cell in row.strip("|").split("|") if cell.strip()]) == 5 for row in rows)


def test_files_are_small_and_good() -> None:
    assert len(FILES) == 6
    for path in FILES:
        assert path.stat().st_size <= 400_000
        info = probe(path)
        assert info.kind == ("video" if path.suffix == ".mp4" else "image")
        if info.kind == "video":
            assert (info.codec, info.pixel_format) == ("h264", "yuv420p")
            assert 2 <= info.duration_s <= 4
