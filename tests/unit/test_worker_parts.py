"""The deciders of the worker: exit status, failure class, environment, GPUs, log, signals."""

from __future__ import annotations

import errno
import json
import logging
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cosmosctl.errors import CosmosctlError
from cosmosctl.worker.classify import InputProblem, classify
from cosmosctl.worker.devices import Gpu, visible_gpus
from cosmosctl.worker.engine_loader import create_engine, engine_exists
from cosmosctl.worker.engines.base import FailureClass
from cosmosctl.worker.environment import JobEnv
from cosmosctl.worker.exits import Exit, exit_of
from cosmosctl.worker.log import CHARACTERS, EngineLogs, JobLog
from cosmosctl.worker.report import SlotReport, merge
from tests.support.run_kit import NOW, RUN_ID

ROOT = Path(__file__).parents[2]
counts = st.dictionaries(st.sampled_from(["input", "model", "resource", "transient"]), st.integers(1, 5))


@given(failed=counts, stopped=st.booleans())
def test_exit_zero_only_when_nothing_is_left(failed: dict[str, int], stopped: bool) -> None:
    unfinished = sum(number for kind, number in failed.items() if kind != "input")
    code = exit_of(failed, unfinished=unfinished, stopped=stopped)
    assert (code == Exit.DONE) == (not failed)
    if failed and set(failed) == {"input"}:
        assert code == Exit.INPUT
    if stopped and unfinished:
        assert code == Exit.STOPPED


def test_samples_left_without_a_reason_are_transient() -> None:
    assert exit_of({}, unfinished=3, stopped=False) == Exit.TRANSIENT
    assert exit_of({"model": 1, "transient": 1}, unfinished=2, stopped=False) == Exit.TRANSIENT


class OutOfMemoryError(RuntimeError):
    """Named as torch's."""


@pytest.mark.parametrize(
    ("error", "kind", "code"),
    [
        (InputProblem("input_missing", "gone"), FailureClass.INPUT, "input_missing"),
        (MemoryError(), FailureClass.RESOURCE, "out_of_memory"),
        (OutOfMemoryError("CUDA"), FailureClass.RESOURCE, "out_of_memory"),
        (RuntimeError("CUDA out of memory. Tried to allocate"), FailureClass.RESOURCE, "out_of_memory"),
        (ModuleNotFoundError("vllm"), FailureClass.RESOURCE, "engine_incomplete"),
        (OSError(errno.ENOSPC, "full"), FailureClass.RESOURCE, "disk_full"),
        (CosmosctlError("aws_error", "slow"), FailureClass.TRANSIENT, "aws_error"),
        (ConnectionResetError("x"), FailureClass.TRANSIENT, "connection"),
        (ValueError("shape"), FailureClass.MODEL, "engine_error"),
    ],
)
def test_classes(error: Exception, kind: FailureClass, code: str) -> None:
    problem = classify(error)
    assert (problem.kind, problem.code) == (kind, code)
    assert problem.message


def test_job_environment() -> None:
    env = {"COSMOSCTL_RUN_URI": f"s3://data/runs/{RUN_ID}", "COSMOSCTL_SUBMISSION": "2", "AWS_BATCH_JOB_ARRAY_INDEX": "7"}
    job = JobEnv.parse(env)
    assert (job.bucket, job.run_id, job.submission, job.index) == ("data", RUN_ID, 2, 7)
    alone = JobEnv.parse({"COSMOSCTL_RUN_URI": env["COSMOSCTL_RUN_URI"]})
    assert (alone.submission, alone.index) == (0, 0)


@pytest.mark.parametrize(
    "env",
    [
        {},
        {"COSMOSCTL_RUN_URI": "s3://data"},
        {"COSMOSCTL_RUN_URI": "s3://data/runs/x"},
        {"COSMOSCTL_RUN_URI": f"data/runs/{RUN_ID}"},
        {"COSMOSCTL_RUN_URI": f"s3://data/runs/{RUN_ID}", "COSMOSCTL_SUBMISSION": "-1"},
    ],
)
def test_a_wrong_environment_names_the_variable(env: dict[str, str]) -> None:
    with pytest.raises(CosmosctlError) as caught:
        JobEnv.parse(env)
    assert caught.value.path.startswith("COSMOSCTL_")


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [(None, ["0", "1"]), ("1", ["1"]), ("1,0", ["1", "0"]), ("", []), ("-1", []), ("7", []), ("GPU-ab12", ["GPU-ab12"])],
)
def test_visible_gpus(tmp_path: Path, chosen: str | None, expected: list[str]) -> None:
    for bus in ("0000:00:1e.0", "0000:00:1f.0"):
        folder = tmp_path / bus
        folder.mkdir()
        (folder / "information").write_text("Model: \t\t NVIDIA L40S\nIRQ:   44\n")
    env = {} if chosen is None else {"CUDA_VISIBLE_DEVICES": chosen}
    assert visible_gpus(env, tmp_path) == tuple(Gpu(name, "NVIDIA L40S") for name in expected)


def test_no_driver_no_gpu(tmp_path: Path) -> None:
    assert visible_gpus({"CUDA_VISIBLE_DEVICES": "0"}, tmp_path / "none", tmp_path) == ()


def test_device_nodes_stand_in_for_the_driver_folder(tmp_path: Path) -> None:
    for name in ("nvidia0", "nvidia1", "nvidiactl", "nvidia-uvm", "null"):
        (tmp_path / name).touch()
    assert [gpu.selector for gpu in visible_gpus({}, tmp_path / "none", tmp_path)] == ["0", "1"]


def test_engines_are_found_by_name() -> None:
    assert engine_exists("baseline")
    for name in ("base", "none_such", "../x", ""):
        assert not engine_exists(name)
    with pytest.raises(CosmosctlError, match="has no engine"):
        create_engine("none_such")


def test_log_lines_are_json_and_filed_by_sample() -> None:
    lines: list[str] = []
    log = JobLog(lines.append, lambda: NOW, slot=1)
    log.event("engine_loaded", seconds=1.5)
    log.event("fetched", ("a",))
    log.event("fetched", ("b",))
    log.event("both", ("a", "b"))
    assert json.loads(lines[0]) == {"t": "2026-04-10T17:00:00.000+00:00", "event": "engine_loaded", "slot": 1, "seconds": 1.5}
    assert [json.loads(line)["event"] for line in log.of_sample("a").splitlines()] == ["engine_loaded", "fetched", "both"]
    for _ in range(500):
        log.event("noise", ("a",), text="x" * 300)
    assert len(log.of_sample("a")) <= CHARACTERS + 3
    log.forget("a")
    assert "noise" not in log.of_sample("a")


def test_what_libraries_log_is_carried_without_colours() -> None:
    lines: list[str] = []
    handler = EngineLogs(JobLog(lines.append, lambda: NOW))
    handler.samples = ("a",)
    handler.handle(logging.LogRecord("vllm", logging.INFO, "", 0, "\x1b[32mloading %s\x1b[0m", ("weights",), None))
    record = json.loads(lines[0])
    assert (record["message"], record["logger"], record["sample"]) == ("loading weights", "vllm", "a")


def test_reports_merge_and_survive_json() -> None:
    left = SlotReport(total=3, done=3, seconds={"generate": 1.5}, busy_share=0.9)
    right = SlotReport(total=3, done=1, failed={"input": 1, "model": 1}, seconds={"generate": 0.5}, busy_share=0.7)
    both = merge([left, SlotReport.from_json(right.to_json())])
    assert (both.total, both.done, both.failed, both.unfinished) == (6, 4, {"input": 1, "model": 1}, 1)
    assert (both.seconds["generate"], both.busy_share) == (2.0, 0.8)


def test_sigterm_is_heard_while_native_code_runs_and_ends_after_the_grace() -> None:
    code = (
        "import os, time, sys, signal, threading\n"
        "from cosmosctl.worker.signals import stop_on_sigterm\n"
        "from cosmosctl.worker.stop import Stop\n"
        "stop = Stop(); stop_on_sigterm(stop, os._exit, grace=0.3)\n"
        "threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGTERM)).start()\n"
        "time.sleep(30)\n"
    )
    began = time.monotonic()
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, timeout=30, check=False)
    assert done.returncode == 143
    assert time.monotonic() - began < 10
