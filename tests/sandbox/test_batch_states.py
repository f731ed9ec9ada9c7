"""The scheduler as a state machine: no process, no server, time is a number."""

from __future__ import annotations

import time
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cosmosctl.sandbox.batch import stopping
from cosmosctl.sandbox.batch.placement import Denial, TimeLimit
from cosmosctl.sandbox.batch.records import Dependency, Exit, Job, Key, Retry, Status, Unit
from cosmosctl.sandbox.batch.scheduler import Options
from cosmosctl.sandbox.batch.store import Store
from cosmosctl.sandbox.batch.views import detail, summary
from tests.support.batch_world import DONE, FAIL, World


def states_of(world: World, job: Job, steps: int) -> list[str]:
    seen = [job.unit.status.value]
    for _ in range(steps):
        world.step()
        if job.unit.status.value != seen[-1]:
            seen.append(job.unit.status.value)
    return seen


def test_a_job_walks_through_all_states() -> None:
    world = World()
    job = world.submit()
    assert states_of(world, job, 6) == ["SUBMITTED", "PENDING", "RUNNABLE", "STARTING", "RUNNING"]
    assert world.end(Key(job.spec.id)) is Status.SUCCEEDED
    shown = detail(job, None)
    assert shown["attempts"][0]["container"]["exitCode"] == 0
    assert shown["startedAt"] <= shown["stoppedAt"]


def test_capacity_counts_starting_and_running() -> None:
    world = World(max_vcpus=16)
    jobs = [world.submit() for _ in range(5)]
    world.step(6)
    assert len(world.running) == 2
    world.end(world.running[0])
    world.step(3)
    assert len(world.running) == 2
    assert sum(j.unit.status is Status.RUNNABLE for j in jobs) == 2


def test_slots_of_the_machine_are_not_capacity() -> None:
    world = World(max_vcpus=64)
    world.options = Options(dwell_s=1, slots=1)
    jobs = [world.submit() for _ in range(4)]
    world.step(8)
    assert [j.unit.status.value for j in jobs] == ["RUNNING", "STARTING", "STARTING", "STARTING"]


def test_an_array_costs_one_record_until_its_children_start() -> None:
    world = World(max_vcpus=16)
    started = time.perf_counter()
    arrays = [world.submit(size=n) for n in (10_000, 10_000, 5_000)]
    world.step(10)
    spent = time.perf_counter() - started
    assert spent < 0.5, spent
    assert sum(len(a.array.children) for a in arrays if a.array) == 2
    assert arrays[0].unit.status is Status.PENDING
    shown = detail(arrays[0], None)["arrayProperties"]
    assert shown == {
        "size": 10_000,
        "statusSummary": {"SUBMITTED": 0, "PENDING": 0, "RUNNABLE": 9998, "STARTING": 0, "RUNNING": 2, "SUCCEEDED": 0, "FAILED": 0},
    }


@pytest.mark.parametrize(("bad", "status", "reason"), [([], "SUCCEEDED", None), ([1], "FAILED", "Array Child Job failed")])
def test_a_parent_ends_with_its_last_child(bad: list[int], status: str, reason: str | None) -> None:
    world = World()
    job = world.submit(size=3)
    for _ in range(20):
        world.step()
        for key in list(world.running):
            assert not job.unit.status.terminal
            world.end(key, FAIL if key.index in bad else DONE)
    assert (job.unit.status.value, job.unit.reason) == (status, reason)
    assert job.spec.id not in world.table.live


def test_sequential_children_run_one_after_the_other_and_a_failure_ends_the_rest() -> None:
    world = World(max_vcpus=640)
    job = world.submit(size=3000, depends=(Dependency(None, "SEQUENTIAL"),))
    world.step(6)
    assert world.running == [Key(job.spec.id, 0)]
    world.end(world.running[0])
    world.step(4)
    assert world.running == [Key(job.spec.id, 1)]
    world.end(world.running[0], FAIL)
    world.step(2)
    assert job.unit.status is Status.FAILED
    assert job.array is not None
    assert job.array.summary()["FAILED"] == 2999
    assert detail(job, 2)["statusReason"] == "Dependent Job failed"


def test_n_to_n_children_wait_for_their_counterpart_only() -> None:
    world = World(max_vcpus=24)
    first = world.submit(size=3)
    second = world.submit(size=3, depends=(Dependency(first.spec.id, "N_TO_N"),))
    world.step(6)
    assert {k.job for k in world.running} == {first.spec.id}
    world.end(Key(first.spec.id, 2))
    world.end(Key(first.spec.id, 0), FAIL)
    world.step(4)
    assert Key(second.spec.id, 2) in world.running
    assert [detail(second, i)["status"] for i in range(3)] == ["FAILED", "PENDING", "RUNNING"]


def test_a_dependency_on_a_whole_job() -> None:
    world = World()
    first = world.submit(size=2)
    second = world.submit(depends=(Dependency(first.spec.id),))
    world.step(6)
    assert second.unit.status is Status.PENDING
    for key in list(world.running):
        world.end(key)
    world.step(4)
    assert second.unit.status is Status.RUNNING
    third = world.submit(depends=(Dependency(second.spec.id),))
    world.end(Key(second.spec.id), FAIL)
    world.step(3)
    assert (third.unit.status, third.unit.reason) == (Status.FAILED, "Dependent Job failed")


def test_time_limit_cancels_only_after_its_time_at_the_head_and_only_its_reason() -> None:
    world = World(limits=(TimeLimit("CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY", 600),))
    world.options = Options(dwell_s=1, slots=9, time_scale=100, denials=(Denial(),))
    stuck, behind = world.submit(size=4), world.submit()
    world.step(8)
    assert detail(stuck, 0)["statusReason"].startswith("CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY - Service cannot fulfill")
    assert (behind.unit.status, behind.unit.reason) == (Status.RUNNABLE, None), "only the head of the queue has a reason"
    world.step(2)
    assert stuck.unit.status is Status.FAILED
    assert detail(stuck, 3)["statusReason"] == "Canceled by JobStateTimeLimit action due to reason: CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY"
    assert behind.unit.status is Status.RUNNABLE
    world.options = Options(dwell_s=1, slots=9)
    world.step(3)
    assert behind.unit.status is Status.RUNNING


def test_a_timeout_is_never_retried() -> None:
    world = World()
    job = world.submit(timeout_s=60, retry=Retry(5))
    world.step(65)
    assert world.stopped == [Key(job.spec.id)]
    assert world.end(Key(job.spec.id), Exit(143, stopping.EXITED)) is Status.FAILED
    attempt = detail(job, None)["attempts"][0]
    assert (attempt["statusReason"], attempt["container"]["exitCode"]) == ("Job attempt duration exceeded timeout", 143)


def test_a_retried_child_goes_before_untouched_ones() -> None:
    world = World(max_vcpus=8)
    job = world.submit(size=50, retry=Retry(2))
    world.step(5)
    assert world.end(Key(job.spec.id, 0), FAIL) is Status.RUNNABLE
    world.step(4)
    assert world.running == [Key(job.spec.id, 0)]
    assert world.end(Key(job.spec.id, 0), FAIL) is Status.FAILED
    assert len(detail(job, 0)["attempts"]) == 2


def test_cancel_leaves_what_has_a_place_and_terminate_does_not() -> None:
    world = World(max_vcpus=16)
    job = world.submit(size=100)
    world.step(6)
    stopping.cancel(world.table, Key(job.spec.id), "enough", world.now)
    assert job.array is not None
    assert job.array.summary() == {**dict.fromkeys(Status, 0), "RUNNING": 2, "FAILED": 98}
    assert not job.unit.status.terminal
    keys = stopping.terminate(world.table, Key(job.spec.id), "now", world.now)
    assert keys == world.running
    for key in keys:
        assert world.end(key, Exit(143, stopping.EXITED)) is Status.FAILED
    assert job.unit.status is Status.FAILED
    assert detail(job, 0)["statusReason"] == "now"
    assert summary(job, 99)["statusReason"] == "enough"


def test_reclaim_takes_spot_only_and_the_retry_rules_decide() -> None:
    world = World()
    job = world.submit(retry=Retry(2))
    world.step(5)
    found = list(stopping.targets(world.table, queue="q", job=None, everything=False, forced=False))
    assert stopping.reclaim(world.table, found, world.now) == [Key(job.spec.id)]
    assert world.end(Key(job.spec.id), Exit(143, stopping.EXITED)) is Status.RUNNABLE
    attempt = detail(job, None)["attempts"][0]
    assert attempt["statusReason"].startswith("Host EC2 (instance i-")
    assert "exitCode" not in attempt["container"]


def test_records_come_back_from_the_store_as_they_were() -> None:
    world = World(max_vcpus=16)
    array = world.submit(size=5, retry=Retry(2), depends=())
    world.submit(timeout_s=60)
    world.step(6)
    world.end(Key(array.spec.id, 0), FAIL)
    world.end(Key(array.spec.id, 1))
    world.store.flush()
    again = {j.spec.id: j for j in Store(world.memory).load(world.now)}
    for ident, job in world.table.jobs.items():
        indexes = [None, *range(job.spec.size)]
        assert [detail(again[ident], i) for i in indexes] == [detail(job, i) for i in indexes]


MOVES = ("step", "good", "bad", "cancel", "terminate", "reclaim", "cancel_all")


@settings(max_examples=60, deadline=None)
@given(st.integers(2, 12), st.lists(st.tuples(st.sampled_from(MOVES), st.integers(0, 11)), max_size=40))
def test_status_summary_always_counts_every_child_once(size: int, moves: list[tuple[str, int]]) -> None:
    world = World(max_vcpus=32)
    job = world.submit(size=size, retry=Retry(2))
    for move, index in moves:
        _apply(world, job, move, index % size)
        assert job.array is not None
        counted = Counter(detail(job, i)["status"] for i in range(size))
        assert {k: v for k, v in job.array.summary().items() if v} == dict(counted)
        ended = counted["SUCCEEDED"] + counted["FAILED"] == size
        assert job.unit.status.terminal == ended
        if ended:
            assert job.unit.status is (Status.FAILED if counted["FAILED"] else Status.SUCCEEDED)


def _apply(world: World, job: Job, move: str, index: int) -> None:
    key = Key(job.spec.id, index)
    if move == "step":
        world.step()
    elif move in ("good", "bad") and key in world.running:
        world.end(key, DONE if move == "good" else FAIL)
    elif move == "cancel":
        stopping.cancel(world.table, key, "c", world.now)
    elif move == "cancel_all":
        stopping.cancel(world.table, Key(job.spec.id), "c", world.now)
    elif move == "terminate":
        for stopped in stopping.terminate(world.table, key, "t", world.now):
            world.end(stopped, Exit(143, stopping.EXITED))
    elif move == "reclaim" and key in world.running:
        for stopped in stopping.reclaim(world.table, [key], world.now):
            world.end(stopped, Exit(143, stopping.EXITED))


def test_unit_defaults_are_not_shared_between_children() -> None:
    world = World(max_vcpus=8)
    job = world.submit(size=3)
    world.step(5)
    assert job.array is not None
    assert job.array.unit(0) is not job.array.unit(1)
    assert isinstance(job.array.unit(1), Unit)
    assert job.array.unit(1).placement is None
