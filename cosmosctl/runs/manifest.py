"""Writes the manifest of a run with its byte offsets, and reads one shard of it with two ranged GETs.

The offsets make the cost of starting a child independent of the size of the run. Writing streams: a million samples
pass through without being held. This module must not know how samples were chosen.
"""

from __future__ import annotations

import struct
from array import array
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from types import TracebackType

from cosmosctl.errors import CosmosctlError
from cosmosctl.ports.objectstore import ObjectStore
from cosmosctl.runs.keys import RunKeys
from cosmosctl.runs.model import Sample

OFFSET = struct.Struct("<Q")
_FLUSH_OFFSETS = 65_536
_BUFFER = 1 << 20


@dataclass(frozen=True)
class ManifestFiles:
    """The two files on this machine, ready to upload."""

    manifest: Path
    index: Path
    samples: int
    size: int


class ManifestWriter:
    """`with ManifestWriter(folder) as w: w.add(sample); ...` then `w.files`."""

    def __init__(self, folder: Path) -> None:
        self._manifest_path = folder / "manifest.jsonl"
        self._index_path = folder / "manifest.idx"
        self._manifest = self._manifest_path.open("wb", buffering=_BUFFER)
        self._index = self._index_path.open("wb", buffering=_BUFFER)
        self._offsets = array("Q")
        self._size = 0
        self._samples = 0

    def add(self, sample: Sample) -> None:
        line = sample.to_line()
        self._manifest.write(line)
        self._offsets.append(self._size)
        self._size += len(line)
        self._samples += 1
        if len(self._offsets) >= _FLUSH_OFFSETS:
            self._flush_offsets()

    def _flush_offsets(self) -> None:
        if struct.pack("=Q", 1) != OFFSET.pack(1):
            self._offsets.byteswap()
        self._offsets.tofile(self._index)
        self._offsets = array("Q")

    def close(self) -> None:
        if self._manifest.closed:
            return
        self._offsets.append(self._size)  # the total: end of the last line
        self._flush_offsets()
        self._manifest.close()
        self._index.close()

    @property
    def files(self) -> ManifestFiles:
        return ManifestFiles(self._manifest_path, self._index_path, self._samples, self._size)

    def __enter__(self) -> ManifestWriter:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


def read_shard(store: ObjectStore, keys: RunKeys, lines: range) -> list[Sample]:
    """The samples on `lines`, by one ranged GET of the offsets and one of the lines."""
    if not lines:
        return []
    begin, end = lines.start * OFFSET.size, (lines.stop + 1) * OFFSET.size
    raw = store.get(keys.index, begin, end)
    if raw is None or len(raw) != end - begin:
        raise CosmosctlError("run_damaged", f"the index does not hold lines {lines.start} to {lines.stop}", path=keys.index)
    offsets = [value for (value,) in OFFSET.iter_unpack(raw)]
    body = store.get(keys.manifest, offsets[0], offsets[-1])
    if body is None or len(body) != offsets[-1] - offsets[0]:
        raise CosmosctlError("run_damaged", "the manifest is shorter than its index says", path=keys.manifest)
    base = offsets[0]
    try:
        return [Sample.from_line(body[start - base : stop - base]) for start, stop in pairwise(offsets)]
    except (ValueError, TypeError) as error:
        raise CosmosctlError("run_damaged", f"a line of the manifest is not a sample: {error}", path=keys.manifest) from error
