"""The journal under every kind of damage that a killed process or a full disk can do to it."""

from __future__ import annotations

import errno
import json
import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cosmosctl.errors import CosmosctlError
from cosmosctl.execute.journal import COMPACT_AFTER, Journal, Record

values = st.text(max_size=20) | st.integers() | st.lists(st.text(max_size=4), max_size=3)
records = st.lists(
    st.builds(
        Record,
        step=st.sampled_from(["a", "b", "stack:c"]),
        state=st.sampled_from(["started", "done", "failed", "removed"]),
        digest=st.text(max_size=8),
        at=st.just("2026-01-01T00:00:00+00:00"),
        outputs=st.dictionaries(st.text(max_size=5), values, max_size=3),
        command=st.just("install"),
    ),
    min_size=1, max_size=12,
)  # fmt: skip


def last_of(items: list[Record]) -> dict[str, Record]:
    return {record.step: record for record in items}


@settings(max_examples=60, deadline=None)
@given(items=records, data=st.data())
def test_any_truncation_is_readable_and_can_be_appended_to(items: list[Record], data: st.DataObject) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "journal.jsonl"
        journal = Journal(path)
        for record in items:
            journal.append(record)
        whole = path.read_bytes()
        cut = data.draw(st.integers(0, len(whole)))
        path.write_bytes(whole[:cut])
        torn = Journal(path)
        complete = whole[:cut].count(b"\n")
        known = last_of(items[:complete])
        if cut < len(whole) and whole[cut : cut + 1] == b"\n":  # the whole line but for its end
            known = last_of(items[: complete + 1])
        assert {record.step: record for record in torn.records()} == known
        extra = Record("new", "done", "d", "2026-01-02T00:00:00+00:00", {"x": 1}, "install")
        torn.append(extra)
        assert {record.step: record for record in Journal(path).records()} == {**known, "new": extra}


@settings(max_examples=40, deadline=None)
@given(items=records, noise=st.binary(max_size=40))
def test_noise_between_lines_hides_nothing(items: list[Record], noise: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "journal.jsonl"
        path.write_bytes(b"\n".join([noise.replace(b"\n", b""), *(record.line().encode() for record in items), b""]))
        assert {record.step: record for record in Journal(path).records()} == last_of(items)


def test_compaction_keeps_the_last_of_each(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.jsonl")
    for number in range(COMPACT_AFTER + 5):
        journal.append(Record(f"s{number % 3}", "done", str(number), "t", {"n": number}, "install"))
    lines = journal.path.read_text().splitlines()
    assert len(lines) < 10
    assert {r.step: r.digest for r in Journal(journal.path).records()} == {r.step: r.digest for r in journal.records()}


def test_newer_schema_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    path.write_text(json.dumps({"schema": 2, "step": "a"}) + "\n")
    with pytest.raises(CosmosctlError) as caught:
        Journal(path)
    assert caught.value.code == "workdir_newer"
    assert "upgrade" in caught.value.hint


@pytest.mark.parametrize(
    ("number", "code"), [(errno.ENOSPC, "disk_full"), (errno.EDQUOT, "disk_full"), (errno.EROFS, "workdir_unwritable")]
)
def test_write_errors_say_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, code: str) -> None:
    journal = Journal(tmp_path / "journal.jsonl")
    journal.append(Record("a", "done", "d", "t"))

    def fail(handle: int, data: bytes) -> int:
        raise OSError(number, os.strerror(number))

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", fail)
        with pytest.raises(CosmosctlError) as caught:
            journal.append(Record("b", "done", "d", "t"))
    assert caught.value.code == code
    assert caught.value.hint
    assert [record.step for record in Journal(journal.path).records()] == ["a"]


def test_short_writes_are_completed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.write
    monkeypatch.setattr(os, "write", lambda handle, data: real(handle, bytes(data)[:7]))
    journal = Journal(tmp_path / "journal.jsonl")
    journal.append(Record("a", "done", "d", "t", {"text": "x" * 100}))
    assert Journal(journal.path).done("a") is not None
