"""Every sample is in exactly one shard, one submission, one slot."""

from __future__ import annotations

import functools
import itertools
import operator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cosmosctl.runs.cost import paid_time
from cosmosctl.runs.sharding import Minutes, plan_shards, retry_submissions, slot_items, submissions

REASON = Minutes(7.5, 6.5, 2.0, 2.5, 3.0, 0.5)
PREDICT = Minutes(7.5, 6.5, 1.5, 7.0, 8.0, 0.5)
minutes = st.builds(Minutes, *[st.floats(0, 60)] * 6)


@given(
    samples=st.integers(1, 30_000),
    table=minutes,
    slots=st.integers(1, 8),
    budget=st.floats(1, 600),
    size=st.none() | st.integers(1, 5000),
)
def test_shards_cover_each_sample_once(samples: int, table: Minutes, slots: int, budget: float, size: int | None) -> None:
    plan = plan_shards(samples, table, slots, budget_minutes=budget, shard_size=size)
    lines = [plan.lines(shard) for shard in range(plan.shards)]
    assert lines[0].start == 0
    assert lines[-1].stop == samples
    assert all(lines)
    assert all(left.stop == right.start for left, right in itertools.pairwise(lines))


@given(shards=st.integers(1, 65_000))
def test_submissions_cover_each_shard_once_with_the_fewest_calls(shards: int) -> None:
    calls = submissions(shards)
    assert len(calls) == -(-shards // 10_000)
    assert [call.number for call in calls] == list(range(len(calls)))
    assert all(call.size <= 10_000 for call in calls)
    position = 0
    for call in calls:
        assert call.shard(0) == position
        position += call.size
        assert call.shard(call.size - 1) == position - 1
    assert position == shards


@given(shards=st.lists(st.integers(0, 999_999), unique=True, max_size=200), first=st.integers(1, 9))
def test_retry_submissions_hold_exactly_the_given_shards(shards: list[int], first: int) -> None:
    calls = retry_submissions(shards, first)
    assert [shard for call in calls for shard in call.all_shards()] == shards
    assert [call.number for call in calls] == list(range(first, first + len(calls)))


def test_retry_of_more_than_one_array() -> None:
    calls = retry_submissions(range(25_000), 3)
    assert [call.size for call in calls] == [10_000, 10_000, 5_000]
    assert calls[2].shard(4_999) == 24_999


@given(count=st.integers(0, 300), slots=st.integers(1, 8))
def test_slots_share_evenly(count: int, slots: int) -> None:
    shares = [list(slot_items(count, slots, slot)) for slot in range(slots)]
    assert sorted(functools.reduce(operator.iadd, shares, [])) == list(range(count))
    assert max(map(len, shares)) - min(map(len, shares)) <= 1


def test_twenty_five_thousand_single_samples_are_three_calls() -> None:
    plan = plan_shards(25_000, REASON, shard_size=1)
    assert [call.size for call in submissions(plan.shards)] == [10_000, 10_000, 5_000]


def test_one_sample_is_a_single_job() -> None:
    (call,) = submissions(plan_shards(1, PREDICT).shards)
    assert not call.is_array


def test_starting_costs_at_most_a_third_of_a_large_run() -> None:
    for table in (REASON, PREDICT):
        plan = plan_shards(10_000, table)
        assert paid_time(plan, table).start_share <= 0.36
        assert paid_time(plan_shards(10_000, table, shard_size=1), table).start_share > 0.7


def test_a_million_samples_keep_six_digit_shards() -> None:
    assert plan_shards(3_000_000, REASON, shard_size=1).shards <= 999_999


def test_cost_of_one_job_is_the_known_arithmetic() -> None:
    plan = plan_shards(1, REASON)
    assert paid_time(plan, REASON).instance_minutes == pytest.approx(22.0)
    assert paid_time(plan, REASON).usd(10.493) == pytest.approx(3.847, abs=0.01)
    assert paid_time(plan_shards(1, PREDICT), PREDICT).instance_minutes == pytest.approx(31.0)


def test_hosts_that_take_several_jobs_pay_their_start_once() -> None:
    plan = plan_shards(40, REASON, shard_size=10)
    alone, shared = paid_time(plan, REASON), paid_time(plan, REASON, hosts=1)
    assert alone.instance_minutes - shared.instance_minutes == pytest.approx(3 * (7.5 + 6.5 + 2.0))


def test_nonsense_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one"):
        plan_shards(0, REASON)
