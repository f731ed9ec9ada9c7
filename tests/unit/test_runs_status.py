"""Exact counts from few listings, the judgement on a run, and what a retry would submit."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cosmosctl.errors import CosmosctlError
from cosmosctl.runs.model import RunSpec, Submission
from cosmosctl.runs.results import (
    Failure,
    ShardHistory,
    get_result,
    put_complete,
    put_failure,
    put_submission,
    shard_history,
    shard_progress,
)
from cosmosctl.runs.retry import retry_plan
from cosmosctl.runs.status import JobFacts, RunCounts, RunState, class_of_exit, count, failures, load_spec, run_state
from tests.support.run_kit import make_spec
from tests.support.stores import MemoryStore

STATES = ("open", "done", "input", "model", "recovered")


def write_sample(store: MemoryStore, spec: RunSpec, shard: int, sample: str, state: str) -> None:
    if state in ("done", "recovered"):
        store.put(spec.keys.result(shard, sample), b'{"sample": 1}')
    if state in ("input", "model", "recovered"):
        kind = "transient" if state == "recovered" else state
        put_failure(store, spec.keys, shard, Failure(sample, kind, "code", "message", 1))


def write_states(store: MemoryStore, spec: RunSpec, states: list[str]) -> None:
    """As workers leave it: started shards have an attempt, settled shards a marker."""
    for shard in range(spec.shards):
        lines = spec.shard_samples(shard)
        mine = [states[line] for line in lines]
        if set(mine) == {"open"}:
            continue
        store.put(spec.keys.attempt(shard, 1), b"{}")
        for line, state in zip(lines, mine, strict=True):
            write_sample(store, spec, shard, f"s{line}", state)
        if not {"open", "model"} & set(mine):
            put_complete(store, spec.keys, shard, sum(s in ("done", "recovered") for s in mine), mine.count("input"))


@settings(max_examples=80, deadline=None)
@given(states=st.lists(st.sampled_from(STATES), min_size=1, max_size=60), size=st.integers(1, 9), page=st.sampled_from([2, 1000]))
def test_counts_are_exact_to_the_sample(states: list[str], size: int, page: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("cosmosctl.runs.status.PAGE", page)
        store, spec = MemoryStore(), make_spec(len(states), shard_size=size)
        write_states(store, spec, states)
        counts = count(store, spec)
    assert counts.done == sum(state in ("done", "recovered") for state in states)
    assert counts.failed == sum(state in ("input", "model") for state in states)
    assert counts.pending == states.count("open")
    assert {item.sample for item in failures(store, spec, counts)} == {f"s{n}" for n, s in enumerate(states) if s in ("input", "model")}


@settings(max_examples=80, deadline=None)
@given(states=st.lists(st.sampled_from(STATES), min_size=1, max_size=60), size=st.integers(1, 9), include=st.booleans())
def test_a_retry_has_exactly_the_shards_that_can_gain(states: list[str], size: int, include: bool) -> None:
    store, spec = MemoryStore(), make_spec(len(states), shard_size=size)
    write_states(store, spec, states)
    put_submission(store, spec.keys, Submission(0, 0, spec.shards))
    plan = retry_plan(spec, count(store, spec), include_input=include)
    wanted = {"open", "model"} | ({"input"} if include else set())
    # an open shard is submitted whole: its worker knows which samples are final
    expected = [n for n in range(spec.shards) if wanted & {states[line] for line in spec.shard_samples(n)}]
    assert [shard for item in plan.submissions for shard in item.all_shards()] == expected
    assert all(item.include_input is include and item.number >= 1 for item in plan.submissions)


def test_few_listings_when_most_shards_are_finished() -> None:
    store, spec = MemoryStore(), make_spec(20_000, shard_size=100)
    states = ["done"] * 19_000 + ["open"] * 1_000
    states[18_950:19_000] = ["open"] * 50
    random.Random(1).shuffle(states[18_900:19_000])
    write_states(store, spec, states)
    store.calls.clear()
    assert count(store, spec).done == 18_950
    assert len(store.calls) <= 6


def test_a_reopened_shard_is_counted_from_its_results() -> None:
    store, spec = MemoryStore(), make_spec(4)
    write_states(store, spec, ["done", "done", "input", "input"])
    put_submission(store, spec.keys, Submission(1, shards=(0,), include_input=True))
    store.put(spec.keys.result(0, "s2"), b"{}")
    counts = count(store, spec)
    assert (counts.done, counts.failed, counts.shards_complete) == (3, 1, 0)


def counts_of(samples: int, done: int, failed: int = 0, started: int = 1, complete: int = 0) -> RunCounts:
    return RunCounts(samples, done, failed, shards=2, shards_started=started, shards_complete=complete)


@pytest.mark.parametrize(
    ("counts", "jobs", "state"),
    [
        (counts_of(4, 4), None, RunState.SUCCEEDED),
        (counts_of(4, 4), JobFacts(failed=1), RunState.SUCCEEDED),
        (counts_of(4, 0, started=0), None, RunState.QUEUED),
        (counts_of(4, 0, started=0), JobFacts(waiting=2, reasons=("no capacity",)), RunState.QUEUED),
        (counts_of(4, 0, started=0), JobFacts(running=1), RunState.RUNNING),
        (counts_of(4, 3), JobFacts(waiting=1), RunState.RUNNING),
        (counts_of(4, 3, 1, complete=2), None, RunState.PARTIAL),
        (counts_of(4, 3, 1), JobFacts(failed=1), RunState.PARTIAL),
        (counts_of(4, 0, 4), JobFacts(failed=2, reasons=("OutOfMemory",)), RunState.FAILED),
        (counts_of(4, 3), JobFacts(succeeded=2), RunState.PARTIAL),
    ],
)
def test_judgement(counts: RunCounts, jobs: JobFacts | None, state: RunState) -> None:
    verdict = run_state(counts, jobs)
    assert verdict.state is state
    assert set(jobs.reasons if jobs and state is not RunState.SUCCEEDED else ()) <= set(verdict.reasons)
    assert verdict.ended == (state not in (RunState.QUEUED, RunState.RUNNING))
    if state in (RunState.PARTIAL, RunState.FAILED):
        assert verdict.reasons


def test_a_cancelled_run_says_so() -> None:
    assert run_state(counts_of(4, 1), JobFacts(waiting=3), cancelled=True).reasons[0] == "cancelled"


def test_a_run_that_is_not_there() -> None:
    with pytest.raises(CosmosctlError) as caught:
        load_spec(MemoryStore(), "reason-20260410-165029-ab12")
    assert caught.value.code == "run_not_found"


def test_history_and_progress_of_a_shard() -> None:
    store, spec = MemoryStore(), make_spec(4)
    write_states(store, spec, ["done", "input", "model", "recovered"])
    store.put(spec.keys.attempt(0, 10), b"{}")
    assert shard_history(store, spec.keys, 0) == ShardHistory((1, 10), None)
    assert shard_history(store, spec.keys, 0).next_attempt == 11
    progress = shard_progress(store, spec.keys, 0)
    assert progress.done == {"s0", "s3"}
    assert {name: item.final for name, item in progress.failed.items()} == {"s1": True, "s2": False}
    assert get_result(store, spec.keys, 0, "s0") == {"sample": 1}
    assert get_result(store, spec.keys, 0, "s1") is None


@pytest.mark.parametrize(
    ("code", "reason", "kind"),
    [
        (137, "", "resource"),
        (1, "OutOfMemoryError: Container killed", "resource"),
        (None, "Host EC2 (instance i-1) ended.", "transient"),
        (65, "", "input"),
        (70, "", "model"),
        (143, "", "transient"),
        (75, "", "transient"),
        (76, "", "resource"),
    ],
)
def test_class_of_a_job_that_ended_without_a_word(code: int | None, reason: str, kind: str) -> None:
    assert class_of_exit(code, reason) == kind
