"""The manifest and its offsets: what is written is what a shard reads, with two ranged GETs."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cosmosctl.errors import CosmosctlError
from cosmosctl.runs.hashset import HashSet, hash64
from cosmosctl.runs.ids import distinct_output, make_run_id, make_sample_id, output_path, unsafe_path
from cosmosctl.runs.manifest import ManifestWriter, read_shard
from cosmosctl.runs.model import RunSpec, Sample, ShardAttempt, Submission
from tests.support.run_kit import NOW, make_samples, make_spec, write_run
from tests.support.stores import MemoryStore

text = st.text(max_size=40)
samples = st.builds(
    Sample,
    id=text,
    output=text,
    task=text,
    kind=st.sampled_from(["none", "video", "image"]),
    input=text,
    prompt=text,
    params=st.dictionaries(text, st.integers() | text | st.booleans() | st.floats(allow_nan=False), max_size=3),
    source=text,
)


@settings(max_examples=60, deadline=None)
@given(lines=st.lists(samples, min_size=1, max_size=40), size=st.integers(1, 12))
def test_every_shard_reads_its_samples_back(lines: list[Sample], size: int) -> None:
    store, spec = MemoryStore(), make_spec(len(lines), shard_size=size)
    write_run(store, spec, lines, inputs=False)
    found = [sample for shard in range(spec.shards) for sample in read_shard(store, spec.keys, spec.shard_samples(shard))]
    assert found == lines


def test_a_shard_costs_two_gets_whatever_the_size() -> None:
    store, spec = MemoryStore(), make_spec(2000, shard_size=7)
    write_run(store, spec, make_samples(2000), inputs=False)
    store.calls.clear()
    assert read_shard(store, spec.keys, spec.shard_samples(200))[0].id == "clip-1400"
    assert [operation for operation, _ in store.calls] == ["get", "get"]


def test_offsets_are_flushed_in_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cosmosctl.runs.manifest._FLUSH_OFFSETS", 3)
    with ManifestWriter(tmp_path) as writer:
        for sample in make_samples(10):
            writer.add(sample)
    assert writer.files.index.stat().st_size == 11 * 8
    assert writer.files.manifest.stat().st_size == writer.files.size


@pytest.mark.parametrize("damage", ["manifest", "index", "gone"])
def test_a_damaged_manifest_is_said_to_be_damaged(damage: str) -> None:
    store, spec = MemoryStore(), make_spec(4)
    write_run(store, spec, make_samples(4), inputs=False)
    key = spec.keys.index if damage == "index" else spec.keys.manifest
    if damage == "gone":
        store.delete([key])
    else:
        store.objects[key] = store.objects[key][:-9]
    with pytest.raises(CosmosctlError) as caught:
        read_shard(store, spec.keys, spec.shard_samples(0))
    assert caught.value.code == "run_damaged"


@given(values=st.lists(st.integers(1, 2**64 - 1), max_size=3000))
def test_hash_set_is_a_set(values: list[int]) -> None:
    mine, reference = HashSet(), set()
    for value in values:
        assert mine.add(value) == (value in reference)
        reference.add(value)
    assert len(mine) == len(reference)


def test_hash_is_never_the_free_place() -> None:
    assert hash64("") != 0


def test_spec_submission_and_attempt_survive_json() -> None:
    spec = make_spec(9, prompt_required=("text2world",))
    assert RunSpec.from_json(spec.to_json()) == spec
    for submission in (Submission(0, 0, 5), Submission(3, shards=(1, 9), include_input=True, job_id="j")):
        assert Submission.from_json(submission.to_json()) == submission
    attempt = ShardAttempt(3, 1, "running", "now", gpus=("L40S",))
    assert ShardAttempt.from_json(attempt.to_json()) == attempt


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"run_id": "x"}', b'{"schema": 99}'])
def test_a_spec_that_cannot_be_read_says_why(body: bytes) -> None:
    with pytest.raises(CosmosctlError) as caught:
        RunSpec.from_json(body)
    assert caught.value.code == "run_damaged"


def test_keys_of_a_later_version_are_ignored() -> None:
    body = make_spec(1).to_json().replace(b'"schema": 1', b'"schema": 1, "colour": "red"')
    assert RunSpec.from_json(body) == make_spec(1)


def test_ids_are_stable_readable_and_distinct() -> None:
    assert make_sample_id("a/b/Clip 1.mp4") == make_sample_id("a/b/Clip 1.mp4")
    assert make_sample_id("a/b/Clip 1.mp4").startswith("Clip-1-")
    others = {make_sample_id("b/x.mp4"), make_sample_id("a/x.mp4", prompt="p"), make_sample_id("영상.mp4")}
    assert len({make_sample_id("a/x.mp4"), *others}) == 4
    assert make_run_id("predict", NOW, "00ff") == "predict-20260410-170000-00ff"


@given(path=st.text(min_size=1, max_size=60))
def test_any_path_gives_a_safe_id(path: str) -> None:
    from cosmosctl.runs.ids import SAMPLE_ID

    assert SAMPLE_ID.match(make_sample_id(path))


@pytest.mark.parametrize("path", ["/abs", "a/../b", "a//b", "..", "a\\b", "a\nb", "x" * 800, "a/"])
def test_unsafe_paths_are_named(path: str) -> None:
    assert unsafe_path(path)


def test_output_names() -> None:
    template = "{stem}_CosmosPredict{Task}_{timestamp}.mp4"
    assert output_path(template, "a/b", "video2world", "T") == "a/b_CosmosPredictVideo2World_T.mp4"
    assert output_path("{stem}_CosmosReason_{timestamp}.json", "x", "reason", "T") == "x_CosmosReason_T.json"
    assert distinct_output("a/b", "id") == distinct_output("a/b", "id") != "a/b"
