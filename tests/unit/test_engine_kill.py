"""kill -9 at step boundaries and in the middle of Terraform, then the same command again: one end state, nothing twice."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from cosmosctl.execute.journal import Journal
from tests.support.standin import write_stack

ROOT = Path(__file__).resolve().parents[2]
STEPS = ("stack:one", "stack:two", "stack:three")


def start(workdir: Path, infra: Path, slow: int) -> subprocess.Popen[bytes]:
    env = {**os.environ, "PYTHONPATH": str(ROOT), "HOME": str(workdir.parent)}
    return subprocess.Popen(
        [sys.executable, "-m", "tests.support.standin", str(workdir), str(infra), str(slow)], cwd=ROOT, env=env, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


def wait_for(condition: Callable[[], bool], child: subprocess.Popen[bytes], limit: float = 30.0) -> None:
    end = time.monotonic() + limit
    while not condition():
        assert child.poll() is None, f"ended early: {child.communicate()[1].decode()}"
        assert time.monotonic() < end, "the moment to kill did not come"
        time.sleep(0.005)


def seen(workdir: Path, step: str, state: str) -> Callable[[], bool]:
    def check() -> bool:
        if not (workdir / "journal.jsonl").exists():
            return False
        record = Journal(workdir / "journal.jsonl").last(step)
        return record is not None and record.state == state

    return check


def finish(workdir: Path, infra: Path, slow: int) -> None:
    done = start(workdir, infra, slow)
    _, err = done.communicate(timeout=120)
    assert done.returncode == 0, err.decode()


def end_state(workdir: Path) -> dict[str, list[str]]:
    found = {}
    for stack in ("one", "two", "three"):
        state = json.loads((workdir / "tf" / stack / "local.tfstate").read_text())
        found[stack] = sorted(f"{item['type']}.{item['name']}" for item in state["resources"] for _ in item["instances"])
    return found


COMPLETE = {stack: ["terraform_data.a", *["terraform_data.b"] * 3] for stack in ("one", "two", "three")}


@pytest.mark.parametrize("boundary", [(step, state) for step in STEPS for state in ("started", "done")], ids=":".join)
def test_killed_at_a_step_boundary(tmp_path: Path, boundary: tuple[str, str]) -> None:
    infra, workdir = tmp_path / "infra", tmp_path / "demo"
    write_stack(infra)
    child = start(workdir, infra, 0)
    wait_for(lambda: child.poll() is not None or seen(workdir, *boundary)(), child)
    child.kill()
    child.communicate()
    finish(workdir, infra, 0)
    assert end_state(workdir) == COMPLETE
    assert all(Journal(workdir / "journal.jsonl").done(step) for step in STEPS)
    assert sorted((tmp_path / "demo" / "created.log").read_text().split()) == ["created-x", "created-y", "created-z"]


def test_killed_while_terraform_applies_waits_for_it(tmp_path: Path) -> None:
    """Terraform goes on when its parent is gone; the next command waits for it instead of creating things twice."""
    infra, workdir = tmp_path / "infra", tmp_path / "demo"
    write_stack(infra)
    child = start(workdir, infra, 2)
    wait_for((workdir / "created.log").exists, child)
    child.kill()
    child.communicate()
    record = json.loads((workdir / "tf" / "one" / "running-apply.json").read_text())
    os.kill(record["pid"], 0)  # Terraform lives
    finish(workdir, infra, 2)
    assert end_state(workdir) == COMPLETE
    assert sorted((workdir / "created.log").read_text().split()) == ["created-x", "created-y", "created-z"]


def test_ctrl_c_stops_terraform_cleanly(tmp_path: Path) -> None:
    infra, workdir = tmp_path / "infra", tmp_path / "demo"
    write_stack(infra)
    child = start(workdir, infra, 2)
    wait_for((workdir / "created.log").exists, child)
    child.send_signal(signal.SIGINT)
    _, err = child.communicate(timeout=60)
    assert child.returncode == 1
    assert b"interrupted during terraform apply" in err
    assert not (workdir / "tf" / "one" / "running-apply.json").exists()
    last = Journal(workdir / "journal.jsonl").last("stack:one")
    assert last is not None
    assert last.state == "failed"
    finish(workdir, infra, 0)
    assert end_state(workdir) == COMPLETE
