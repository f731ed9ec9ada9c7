"""Submit and worker while every AWS call may be throttled, refused, reset or cut: each sample has exactly one result."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.fixtures_installed import installed, installed_once, template  # noqa: F401
from tests.support.deployment import Deployed
from tests.support.looking import Objects, assert_whole, jobs, runs, small_clips

pytestmark = pytest.mark.xdist_group("installed-a")
SAMPLES = 6
KINDS = ("throttle", "error", "reset", "cut")


@pytest.mark.parametrize("seed", [1, 2])
def test_thirty_percent_of_all_calls_fail(installed: Deployed, tmp_path: Path, seed: int) -> None:  # noqa: F811
    clips = small_clips(tmp_path / "clips", SAMPLES)
    before = runs(installed)
    installed.control.add_faults(*({"kind": kind, "probability": 0.09} for kind in KINDS), seed=seed)  # 1 - 0.91**4 = 31 %
    result = installed.cli("submit", "reason", str(clips), "--shard-size", "3", "--wait", "--param", f"seed={seed}", timeout=300)
    hits = {rule["kind"]: rule["hits"] for rule in installed.control.faults()}
    installed.control.clear_faults()
    result.ok()
    assert all(hits.values()), f"the faults were not met: {hits}"
    (run_id,) = runs(installed) - before
    assert_whole(installed, run_id, SAMPLES)
    assert [job["status"] for job in jobs(installed, run_id)] == ["SUCCEEDED"]
    assert len(Objects(installed, f"inputs/{run_id}/").keys) == SAMPLES


@pytest.mark.parametrize("fault", [{"kind": "reset", "when": "after"}, {"kind": "cut"}, {"kind": "error"}, {"kind": "reset"}], ids=str)
def test_a_lost_answer_of_submit_does_not_pay_twice(installed: Deployed, tmp_path: Path, fault: dict[str, str]) -> None:  # noqa: F811
    """AWS Batch took the job, its answer got lost: asking again must not start a second one."""
    clips = small_clips(tmp_path / "clips", 1)
    before = runs(installed)
    installed.control.add_faults({"service": "batch", "action": "SubmitJob", "times": 1, **fault})
    installed.cli("submit", "reason", str(clips), "--wait", "--new", timeout=120).ok()
    assert [rule["hits"] for rule in installed.control.faults()] == [1]
    (run_id,) = runs(installed) - before
    assert len(jobs(installed, run_id)) == 1
    assert_whole(installed, run_id, 1)
