"""The machine itself is in the way: a full disk, a folder that takes nothing, another command at work, a clock that jumps."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cosmosctl.errors import CosmosctlError
from cosmosctl.execute.journal import Journal, Record
from cosmosctl.execute.lock import deployment_lock, is_held
from cosmosctl.ports.batch import JobState
from cosmosctl.runs.model import Submission
from cosmosctl.runs.results import put_submission
from cosmosctl.services.runs import follow
from tests.e2e.fixtures_installed import Copied, copied, template  # noqa: F401
from tests.support.looking import Objects, assert_whole, runs, small_clips, wait_for
from tests.support.run_kit import make_samples, make_spec, write_run
from tests.support.stores import MemoryStore

pytestmark = pytest.mark.xdist_group("installed-a")


@contextmanager
def small_disk(folder: Path, mib: int) -> Iterator[Path]:
    """A file system of its own; skips where this user may not mount one."""
    folder.mkdir(parents=True, exist_ok=True)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={mib}m", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("a small file system needs the right to mount one")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def fill(folder: Path) -> Path:
    path = folder / "ballast"
    with path.open("wb", buffering=0) as stream:
        for size in (1 << 16, 1 << 10, 1):
            try:
                while True:
                    stream.write(b"\0" * size)
            except OSError:
                continue
    return path


def test_a_full_disk_is_named_and_nothing_is_lost(copied: Copied, tmp_path: Path) -> None:  # noqa: F811
    """Only the folder of commands is full; the embedded AWS stands for a service elsewhere."""
    made = copied()
    clips = small_clips(tmp_path / "clips", 1)
    folder = made.workdir / "submissions"
    shutil.rmtree(folder, ignore_errors=True)
    before, known = runs(made), Objects(made).versions
    with small_disk(folder, 1):
        ballast = fill(folder)
        result = made.cli("submit", "reason", str(clips))
        assert result.code == 1, result.err
        assert "error[disk_full]" in result.err, result.err
        assert "hint:" in result.err
        assert "Traceback" not in result.err
        assert (runs(made), Objects(made).versions) == (before, known)
        ballast.unlink()
        made.cli("submit", "reason", str(clips), "--wait", timeout=120).ok()
        (run_id,) = runs(made) - before
        assert_whole(made, run_id, 1)


@pytest.mark.parametrize("state", ["full", "read-only"])
def test_deploy_says_what_is_wrong_with_its_folder(copied: Copied, state: str) -> None:  # noqa: F811
    made = copied()
    definitions = made.aws("batch").describe_job_definitions(status="ACTIVE")["jobDefinitions"]
    with small_disk(made.workdir / "plans", 1) as folder:
        if state == "full":
            fill(folder)
        else:
            subprocess.run(["mount", "-o", "remount,ro", str(folder)], check=True)
        result = made.cli("deploy", "reason", "--variant", "8B", "--yes")
        assert result.code in (1, 5), result.out + result.err
        assert ("no space left" if state == "full" else "read-only file system") in result.err.lower(), result.err
        assert f"error[{'disk_full' if state == 'full' else 'workdir_unwritable'}]" in result.err, result.err
        assert "hint:" in result.err
        assert "Traceback" not in result.err
    assert made.aws("batch").describe_job_definitions(status="ACTIVE")["jobDefinitions"] == definitions
    made.cli("deploy", "reason", "--yes").ok()


def test_the_second_of_two_commands_is_refused(copied: Copied) -> None:  # noqa: F811
    made = copied()
    definitions = made.aws("batch").describe_job_definitions(status="ACTIVE")["jobDefinitions"]
    made.control.add_faults({"kind": "delay", "delay_ms": 20_000, "service": "ecr", "times": 1})
    first = made.start("deploy", "predict", "--yes")
    wait_for(lambda: is_held(made.workdir), "the first command is at work", 20)
    second = made.cli("deploy", "reason", "--yes")
    still = first.poll() is None
    assert made.aws("batch").describe_job_definitions(status="ACTIVE")["jobDefinitions"] == definitions
    out, err = first.communicate(timeout=120)
    assert still, "the first command was over too early for this test"
    assert second.code == 1
    assert "error[locked]" in second.err
    assert f"process {first.pid}" in second.err
    assert "deploy predict" in second.err
    assert first.returncode == 0, out + err
    made.cli("deploy", "reason", "--yes").ok()


@pytest.mark.parametrize("jump", [timedelta(days=-400), timedelta(days=400)], ids=["back", "forth"])
def test_the_lock_does_not_depend_on_the_clock(tmp_path: Path, jump: timedelta) -> None:
    now = datetime(2026, 4, 10, 12, tzinfo=UTC)
    with deployment_lock(tmp_path, "install", now):
        with pytest.raises(CosmosctlError) as caught, deployment_lock(tmp_path, "deploy", now + jump):
            pass
        assert caught.value.code == "locked"
        assert "2026-04-10T12:00:00" in caught.value.message
    with deployment_lock(tmp_path, "deploy", now + jump):
        assert is_held(tmp_path)
    assert not is_held(tmp_path)


@pytest.mark.parametrize("jump", [timedelta(days=-400), timedelta(days=400)], ids=["back", "forth"])
def test_the_journal_goes_by_order_not_by_time(tmp_path: Path, jump: timedelta) -> None:
    now = datetime(2026, 4, 10, 12, tzinfo=UTC)
    journal = Journal(tmp_path / "journal.jsonl")
    journal.append(Record("stack:batch", "started", "d", now.isoformat()))
    journal.append(Record("stack:batch", "done", "d", (now + jump).isoformat(), {"a": 1}))
    last = Journal(tmp_path / "journal.jsonl").last("stack:batch")
    assert last is not None
    assert (last.state, last.outputs) == ("done", {"a": 1})


class Jumping:
    """A clock whose date leaps by days at each look while its monotonic time goes on evenly."""

    def __init__(self, jump: timedelta) -> None:
        self.date, self.jump, self.passed = datetime(2026, 4, 10, tzinfo=UTC), jump, 0.0

    def now(self) -> datetime:
        self.date += self.jump
        return self.date

    def monotonic(self) -> float:
        return self.passed

    def sleep(self, seconds: float) -> None:
        self.now()
        self.passed += seconds


@pytest.mark.parametrize("jump", [timedelta(days=-400), timedelta(days=400)], ids=["back", "forth"])
def test_following_neither_ends_early_nor_hangs_when_the_clock_jumps(jump: timedelta) -> None:
    store, clock = MemoryStore("data"), Jumping(jump)
    spec = make_spec(4)
    write_run(store, spec, make_samples(4))
    put_submission(store, spec.keys, Submission(0, 0, 1, job_id="job-1"))
    seen: list[str] = []
    followed = follow(store, Waiting(), clock, spec.run_id, lambda status, _: seen.append(status.verdict.state), timeout_s=60)
    assert followed.timed_out
    assert 60 <= clock.passed < 80
    assert len(seen) > 3


class Waiting:
    """A queue in which nothing ever moves."""

    def describe(self, job_ids: Sequence[str]) -> Sequence[JobState]:
        return [JobState("job-1", "job", "RUNNABLE", "", None, 0, {}, (), "", 0, 0, 0, "queue", "definition")]

    def __getattr__(self, name: str) -> object:
        raise AssertionError(f"{name} was not expected")
