"""The pure rules of the Batch scheduler: retries, placement, submission, listing."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cosmosctl.sandbox.batch import listing, retry, submit
from cosmosctl.sandbox.batch.placement import (
    CAPACITY,
    MAX_RESOURCE,
    REQUIREMENT,
    Blocked,
    Denial,
    Environment,
    InstanceSize,
    Place,
    Queue,
    place,
)
from cosmosctl.sandbox.batch.records import Exit, Needs, Retry, Rule

HOST = Exit(None, "Host EC2 (instance i-1) terminated.")
RULES = {
    "attempts": 3,
    "evaluateOnExit": [
        {"onStatusReason": "Host EC2*", "action": "RETRY"},
        {"onReason": "CannotPull*", "action": "retry"},
        {"onExitCode": "75", "action": "RETRY"},
        {"onReason": "*", "action": "EXIT"},
    ],
}


@pytest.mark.parametrize(
    ("end", "expected"),
    [
        (HOST, True),
        (Exit(None, "Task failed to start", "CannotPullContainerError: not found"), True),
        (Exit(75, "Essential container in task exited"), True),
        (Exit(65, "Essential container in task exited"), False),
        (Exit(7, "Essential container in task exited"), False),
        (Exit(137, "Essential container in task exited", "OutOfMemoryError: Container killed"), False),
        (Exit(143, "Job attempt duration exceeded timeout", retryable=False), False),
    ],
)
def test_rules_of_the_product(end: Exit, expected: bool) -> None:
    assert retry.again(retry.parse(RULES), 1, end) is expected


def test_first_match_decides_not_the_best_match() -> None:
    first = Retry(5, (Rule("EXIT", on_exit_code="1*"), Rule("RETRY", on_exit_code="12")))
    assert not retry.again(first, 1, Exit(12, "x"))
    assert retry.again(Retry(5, first.rules[::-1]), 1, Exit(12, "x"))


def test_all_conditions_of_a_rule_must_hold() -> None:
    both = Retry(5, (Rule("EXIT", on_exit_code="1", on_status_reason="Host*"),))
    assert retry.again(both, 1, Exit(1, "Essential container in task exited"))
    assert not retry.again(both, 1, Exit(1, "Host EC2 gone"))


ends = st.builds(Exit, st.none() | st.integers(0, 255), st.text("ab c", max_size=5), st.none() | st.text("ab", max_size=4))
patterns = st.none() | st.builds(lambda t, s: t + s, st.text("ab 1", max_size=3), st.sampled_from(["", "*"]))
rules = st.builds(Rule, st.sampled_from(["RETRY", "EXIT"]), patterns, patterns, patterns)


@given(st.integers(1, 10), st.lists(rules, max_size=5), st.integers(1, 12), ends)
def test_retry_agrees_with_its_description(most: int, given_rules: list[Rule], attempts: int, end: Exit) -> None:
    def holds(pattern: str | None, value: str) -> bool:
        return pattern is None or (pattern == value if not pattern.endswith("*") else value[: len(pattern) - 1] == pattern[:-1])

    code = "" if end.code is None else str(end.code)
    hits = [
        r.action
        for r in given_rules
        if holds(r.on_status_reason, end.status_reason) and holds(r.on_reason, end.reason or "") and holds(r.on_exit_code, code)
    ]
    expected = attempts < most and (not hits or hits[0] == "RETRY")
    assert retry.again(Retry(most, tuple(given_rules)), attempts, end) is expected


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        ({"evaluateOnExit": [{"onReason": "*", "action": "EXIT"}]}, "attempts must be specified"),
        ({"attempts": 11}, "between 1 and 10"),
        ({"attempts": 2, "evaluateOnExit": [{"onReason": "*", "action": "EXIT"}] * 6}, "at most 5"),
        ({"attempts": 2, "evaluateOnExit": [{"onReason": "*", "action": "STOP"}]}, "RETRY or EXIT"),
        ({"attempts": 2, "evaluateOnExit": [{"action": "EXIT"}]}, "at least one of"),
        ({"attempts": 2, "evaluateOnExit": [{"onExitCode": "1?", "action": "EXIT"}]}, "digits"),
        ({"attempts": 2, "evaluateOnExit": [{"onReason": "a*b", "action": "EXIT"}]}, "one asterisk"),
    ],
)
def test_a_bad_strategy_is_refused(raw: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        retry.parse(raw)


SMALL = InstanceSize("g6e.2xlarge", 8, 65536, 1)
LARGE = InstanceSize("g6e.4xlarge", 16, 131072, 1)
SPOT = Environment("ce/spot", True, "spot", 16, (LARGE, SMALL), ("a", "b"))
DEMAND = Environment("ce/demand", True, "ondemand", 16, (SMALL, LARGE), ("a", "b"))
QUEUE = Queue("q", "q", 1, (SPOT, DEMAND))
ONE = Needs(8, 60000, 1)


def test_first_environment_with_room_and_the_smallest_type_that_fits() -> None:
    assert place(QUEUE, ONE, {}, ()) == Place(SPOT, "g6e.2xlarge")
    assert place(QUEUE, Needs(8, 64000, 1), {}, ()) == Place(SPOT, "g6e.4xlarge"), "95 % of 65,536 MiB are usable"
    assert place(QUEUE, ONE, {"ce/spot": 16}, ()) == Place(DEMAND, "g6e.2xlarge")
    assert place(QUEUE, ONE, {"ce/spot": 16, "ce/demand": 9}, ()) == Blocked("")


def test_reasons_of_no_place() -> None:
    def reason(needs: Needs, denials: tuple[Denial, ...] = ()) -> str:
        found = place(QUEUE, needs, {}, denials)
        assert isinstance(found, Blocked)
        return found.reason

    assert reason(Needs(8, 1000, 4)) == REQUIREMENT
    assert reason(ONE, (Denial(),)) == CAPACITY
    tight = Queue("q", "q", 1, (Environment("ce", True, "spot", 4, (SMALL,)),))
    found = place(tight, ONE, {}, ())
    assert isinstance(found, Blocked)
    assert found.reason == MAX_RESOURCE


def test_denied_capacity_falls_back_and_one_zone_is_not_all() -> None:
    assert place(QUEUE, ONE, {}, (Denial("spot"),)) == Place(DEMAND, "g6e.2xlarge")
    assert place(QUEUE, ONE, {}, (Denial("spot", "g6e.2xlarge"),)) == Place(SPOT, "g6e.4xlarge")
    assert place(QUEUE, ONE, {}, (Denial("spot", "*", "a"),)) == Place(SPOT, "g6e.2xlarge")
    assert place(QUEUE, ONE, {}, (Denial("spot", "*", "a"), Denial("spot", "*", "b"))) == Place(DEMAND, "g6e.2xlarge")


def test_overrides_replace_by_name_and_parameters_fill_the_command() -> None:
    base = {"command": ["a"], "environment": [{"name": "X", "value": "1"}], "resourceRequirements": [{"type": "VCPU", "value": "2"}]}
    environment = [{"name": "X", "value": "2"}, {"name": "Y", "value": "3"}]
    over = {"environment": environment, "resourceRequirements": [{"type": "GPU", "value": "1"}]}
    merged = submit.merged_container(base, over)
    assert merged["environment"] == [{"name": "X", "value": "2"}, {"name": "Y", "value": "3"}]
    assert submit.needs_of(merged) == Needs(2.0, 0, 1)
    assert base["environment"] == [{"name": "X", "value": "1"}], "the definition itself is not changed"
    assert submit.fill("--x=Ref::name/Ref::other", {"name": "v"}) == "--x=v/Ref::other"


@given(st.integers(-1, 10**6))
def test_a_page_token_leads_on_from_its_position(position: int) -> None:
    assert listing._token({"nextToken": listing._next(position)}) == position


def test_a_strange_page_token_is_refused() -> None:
    with pytest.raises(submit.Refused):
        listing._token({"nextToken": "@@@"})
