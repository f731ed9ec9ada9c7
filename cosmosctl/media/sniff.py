"""Tells a file's type by its first bytes, because an extension is only a claim.

Pure. The name it returns also selects the one demuxer that may open the file: FFmpeg's own guess could pick a playlist
format that reads other files.
"""

from __future__ import annotations

from dataclasses import dataclass

HEAD_BYTES = 4096


@dataclass(frozen=True)
class FileType:
    """`container` as users name it, `kind` video or image, `demuxer` of FFmpeg ("" for images), fitting `extensions`."""

    container: str
    kind: str
    demuxer: str
    extensions: tuple[str, ...]


MP4 = FileType("mp4", "video", "mov", (".mp4", ".m4v", ".mov"))
MOV = FileType("mov", "video", "mov", (".mov", ".qt"))
AVI = FileType("avi", "video", "avi", (".avi",))
MKV = FileType("mkv", "video", "matroska", (".mkv",))
WEBM = FileType("webm", "video", "matroska", (".webm", ".mkv"))
PNG = FileType("png", "image", "", (".png",))
JPEG = FileType("jpeg", "image", "", (".jpg", ".jpeg"))
WEBP = FileType("webp", "image", "", (".webp",))

_FOREIGN: tuple[tuple[bytes, str], ...] = (
    (b"GIF8", "a GIF animation"),
    (b"BM", "a BMP picture"),
    (b"II*\0", "a TIFF picture"),
    (b"MM\0*", "a TIFF picture"),
    (b"%PDF", "a PDF document"),
    (b"PK\x03\x04", "a ZIP archive"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"OggS", "an Ogg file"),
    (b"FLV", "a Flash video"),
    (b"\x00\x00\x01\xba", "an MPEG program stream"),
    (b"ID3", "an MP3 file"),
    (b"fLaC", "a FLAC file"),
    (b"\x30\x26\xb2\x75", "a Windows Media file"),
    (b"<!DOCTYPE", "an HTML page"),
    (b"<html", "an HTML page"),
    (b"<?xml", "an XML file"),
    (b"#EXTM3U", "a playlist"),
    (b"\x7fELF", "a program"),
    (b"version https://git-lfs", "a Git LFS pointer, not the file itself"),
)
_STILL_BRANDS = (b"heic", b"heix", b"mif1", b"msf1", b"avif", b"avis")
_MOV_ATOMS = (b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot")


def sniff(head: bytes) -> FileType | None:
    """The type of a file that starts with `head`, or None."""
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return PNG
    if head.startswith(b"\xff\xd8\xff"):
        return JPEG
    if head[:4] == b"RIFF":
        return {b"WEBP": WEBP, b"AVI ": AVI, b"AVIX": AVI}.get(head[8:12])
    if head.startswith(b"\x1a\x45\xdf\xa3"):
        return WEBM if b"webm" in head[:128] else MKV
    return _iso(head)


def _iso(head: bytes) -> FileType | None:
    if head[4:8] == b"ftyp":
        brand = head[8:12]
        if brand in _STILL_BRANDS:
            return None
        return MOV if brand == b"qt  " else MP4
    return MOV if head[4:8] in _MOV_ATOMS else None


def describe(head: bytes) -> str:
    """What a file of no accepted type looks like, for a message."""
    if head[4:8] == b"ftyp" and head[8:12] in _STILL_BRANDS:
        return "a HEIC or AVIF picture"
    for magic, name in _FOREIGN:
        if head.startswith(magic):
            return name
    if head.strip() and b"\0" not in head[:512]:
        return "text"
    return "of an unknown type"
