"""Pages of an S3 listing from names in order: what moto does by sorting every key of the bucket for every page.

Pure: names in, a page out. It must not know moto.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

LAST = "\U0010ffff"


@dataclass(frozen=True)
class Page:
    """`entries` are keys and common prefixes in one order; `last` is where the next page goes on, "" at the end."""

    entries: tuple[tuple[str, bool], ...]  # (name, is a common prefix)
    last: str

    @property
    def keys(self) -> list[str]:
        return [name for name, folder in self.entries if not folder]

    @property
    def folders(self) -> list[str]:
        return [name for name, folder in self.entries if folder]


def page(
    names: Sequence[str], live: Callable[[str], bool], prefix: str, delimiter: str, after: str, limit: int, after_folder: bool = False
) -> Page:
    """`live` is false for a key whose newest version is a delete marker. `after_folder`: `after` is a common prefix of the
    page before, so everything under it has been told."""
    if limit <= 0:
        return Page((), "")
    start = bisect_left(names, prefix)
    if after:
        start = max(start, bisect_left(names, after + LAST) if after_folder else bisect_right(names, after))
    stop = bisect_left(names, prefix + LAST) if prefix else len(names)
    entries: list[tuple[str, bool]] = []
    position = start
    while position < stop:
        name = names[position]
        position += 1
        if not live(name):
            continue
        folder = _folder(name, prefix, delimiter)
        if len(entries) == limit:
            return Page(tuple(entries), entries[-1][0])
        entries.append((folder or name, bool(folder)))
        if folder:
            position = bisect_left(names, folder + LAST, position)
    return Page(tuple(entries), "")


def _folder(name: str, prefix: str, delimiter: str) -> str:
    if not delimiter:
        return ""
    end = name.find(delimiter, len(prefix))
    return name[: end + len(delimiter)] if end >= 0 else ""


@dataclass(frozen=True)
class Entry:
    key: str
    modified: str
    etag: str
    size: int
    storage_class: str
    checksum: str


def v2_document(facts: Mapping[str, str], entries: Iterable[Entry], folders: Iterable[str], encode: Callable[[str], str]) -> str:
    """The answer of ListObjectsV2. A thousand entries through moto's general serializer take a fifth of a second.

    `facts` are the simple elements in order; an empty value leaves its element out. `encode` is the asked encoding type.
    """
    head = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in facts.items() if value)
    body = "".join(
        f"<Contents><Key>{escape(encode(item.key))}</Key><LastModified>{item.modified}</LastModified><ETag>{escape(item.etag)}</ETag>"
        f"<Size>{item.size}</Size><StorageClass>{item.storage_class}</StorageClass>"
        + (f"<ChecksumAlgorithm>{item.checksum}</ChecksumAlgorithm>" if item.checksum else "")
        + "</Contents>"
        for item in entries
    )
    tail = "".join(f"<CommonPrefixes><Prefix>{escape(encode(name))}</Prefix></CommonPrefixes>" for name in folders)
    namespace = "http://s3.amazonaws.com/doc/2006-03-01/"
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<ListBucketResult xmlns="{namespace}">{head}{body}{tail}</ListBucketResult>'
