"""Mistakes that runs of these models are known for, on the worker's side: each test fails when one comes back."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cosmosctl.blueprints.registry import discover, load_blueprint
from cosmosctl.runs.model import RunSpec
from cosmosctl.runs.status import count, failures
from cosmosctl.worker.classify import TRACE_LIMIT, classify
from cosmosctl.worker.devices import Gpu
from cosmosctl.worker.engines.base import EngineInfo, Outcome, Task
from cosmosctl.worker.exits import Exit
from cosmosctl.worker.host import SlotOrder
from cosmosctl.worker.job import run_job
from cosmosctl.worker.log import EngineLogs, JobLog
from cosmosctl.worker.report import SlotReport
from tests.support.clips import clip
from tests.support.run_kit import NOW, FakeEngine, document, job_env, make_host, make_samples, make_spec, write_run
from tests.support.stores import MemoryStore

VIDEO_NAME = "{stem}_CosmosPredict{Task}_{timestamp}.mp4"
VARIANTS = [(name, variant) for name in discover() for variant in load_blueprint(name).variants]


class ModelEngine(FakeEngine):
    """Says which model it loaded, from what it was told; writes down its settings and how often it was loaded."""

    def __init__(self, **facts: Any) -> None:
        super().__init__()
        self.settings: list[Mapping[str, Any]] = []
        self.facts = facts

    def load(self, weights: Path | None, device: str, settings: Mapping[str, Any]) -> EngineInfo:
        self.settings.append(settings)
        return EngineInfo("fake", f"model of {settings['blueprint']} {settings['variant']}", "rev", uses_model=True, device=device)

    def _one(self, task: Task) -> Outcome:
        outcome = super()._one(task)
        return replace(outcome, facts={**outcome.facts, **self.facts})


def run_one(store: MemoryStore, folder: Path, engine: FakeEngine, **changes: Any) -> tuple[int, RunSpec]:
    spec = make_spec(1, **changes)
    write_run(store, spec, make_samples(1))
    return run_job(make_host(store, folder, engine), job_env()), spec


@pytest.mark.parametrize(("blueprint", "variant"), VARIANTS)
def test_the_size_that_was_asked_for_reaches_the_engine_and_the_output(blueprint: str, variant: str, tmp_path: Path) -> None:
    store, engine = MemoryStore(), ModelEngine()
    weights = load_blueprint(blueprint).variants[variant].weights
    facts = {"blueprint": blueprint, "variant": variant, "model": weights.repo, "revision": weights.revision}
    code, spec = run_one(store, tmp_path, engine, **facts)
    assert code == Exit.DONE
    assert [(item["blueprint"], item["variant"]) for item in engine.settings] == [(blueprint, variant)]
    body = document(store, spec, make_samples(1)[0])
    assert body["modelSize"] == variant
    assert body["model"] == f"model of {blueprint} {variant}", "the model that was loaded, not the one that was asked for"
    assert (body["cosmosctl"]["deployed_model"], body["cosmosctl"]["deployed_revision"]) == (weights.repo, weights.revision)
    attempt = json.loads(store.objects[spec.keys.attempt(0, 1)])
    assert attempt["engine"]["model"] == f"model of {blueprint} {variant}"


@pytest.mark.parametrize("gpus", [1, 4, 8])
def test_every_gpu_that_is_paid_for_gets_an_engine_of_its_own(gpus: int, tmp_path: Path) -> None:
    store = MemoryStore()
    spec = make_spec(20, shard_size=20, device="cuda", slots=gpus, gpus=gpus)
    write_run(store, spec, make_samples(20))
    present = tuple(Gpu(str(number), "L40S") for number in range(gpus))
    started: list[SlotOrder] = []

    def spawn(orders: Any) -> list[SlotReport]:
        started.extend(orders)
        return [SlotReport(done=len(range(order.slot, 20, gpus))) for order in orders]

    engine = ModelEngine()
    assert run_job(make_host(store, tmp_path, engine, gpus=present, spawn=spawn), job_env()) == Exit.DONE
    if gpus == 1:
        assert [item["variant"] for item in engine.settings] == ["2B"], "one GPU: the engine stays in this process"
    else:
        assert [order.gpu for order in started] == list(present)


def test_many_inputs_pay_for_one_load(tmp_path: Path) -> None:
    store, engine = MemoryStore(), ModelEngine()
    write_run(store, make_spec(20, shard_size=20), make_samples(20))
    assert run_job(make_host(store, tmp_path, engine), job_env()) == Exit.DONE
    assert len(engine.settings) == 1
    assert len(engine.computed) == 20


def test_nothing_but_outputs_and_records_of_the_run_is_written(tmp_path: Path) -> None:
    """No cache is copied back from a host that costs GPU money."""
    store = MemoryStore()
    spec = make_spec(3)
    write_run(store, spec, make_samples(3))
    before = len(store.calls)
    run_job(make_host(store, tmp_path, FakeEngine()), job_env())
    written = {key for operation, key in store.calls[before:] if operation == "put"}
    assert len(written) > 6
    assert all(key.startswith((spec.output_prefix, spec.keys.prefix)) for key in written)


def test_only_the_output_of_the_given_name_counts(tmp_path: Path) -> None:
    """An engine may leave a control video or a preview beside its output."""
    store, real = MemoryStore(), clip(tmp_path / "real.mp4", frames=7).read_bytes()

    def litter(task: Task) -> None:
        for name in ("0-control.mp4", "preview.mp4", f"{task.sample_id}_control.mp4"):
            (task.output.parent / name).write_bytes(b"not the result")

    class Littering(FakeEngine):
        def _one(self, task: Task) -> Outcome:
            outcome = super()._one(task)
            task.output.write_bytes(real)
            return outcome

    code, spec = run_one(store, tmp_path, Littering(act=litter), output_name=VIDEO_NAME)
    assert code == Exit.DONE
    assert store.objects[spec.output_key(make_samples(1)[0])] == real
    assert not [key for key in store.objects if "control" in key or "preview" in key]


def test_only_a_control_video_is_no_output(tmp_path: Path) -> None:
    class Sideways(FakeEngine):
        def _one(self, task: Task) -> Outcome:
            clip(task.output.with_name("control.mp4"))
            return Outcome(task.sample_id, True)

    store = MemoryStore()
    code, spec = run_one(store, tmp_path, Sideways(), output_name=VIDEO_NAME)
    assert code == Exit.MODEL
    assert next(failures(store, spec, count(store, spec))).code == "output_missing"


@pytest.mark.parametrize(("content", "code"), [(None, "output_missing"), (b"", "output_empty"), (b"\0" * 4096, "output_unreadable")])
def test_an_engine_that_claims_success_is_not_believed(content: bytes | None, code: str, tmp_path: Path) -> None:
    """A guardrail that blocks, or a full disk, ends without an error and without a file."""

    class Claiming(FakeEngine):
        def _one(self, task: Task) -> Outcome:
            if content is not None:
                task.output.write_bytes(content)
            return Outcome(task.sample_id, True, {"frames": 93})

    store = MemoryStore()
    exit_code, spec = run_one(store, tmp_path, Claiming(), output_name=VIDEO_NAME)
    assert exit_code == Exit.MODEL
    assert next(failures(store, spec, count(store, spec))).code == code
    assert store.under(spec.keys.all_results) == store.under(spec.output_prefix) == set()


def test_the_frames_in_the_sidecar_are_those_of_the_file(tmp_path: Path) -> None:
    class Boasting(FakeEngine):
        def _one(self, task: Task) -> Outcome:
            clip(task.output, frames=7, fps=8)
            return Outcome(task.sample_id, True, {"frames": 61, "fps": 24})

    store = MemoryStore()
    code, spec = run_one(store, tmp_path, Boasting(), output_name=VIDEO_NAME, params={"seed": 0, "frames": 61})
    assert code == Exit.DONE
    beside = json.loads(store.objects[spec.output_key(make_samples(1)[0]).replace(".mp4", ".json")])["cosmosctl"]
    assert (beside["frames"], beside["fps"]) == (7, 8.0)
    assert beside["params"]["frames"] == 61


ANSWER = "Answer: yes\n| time | what |\n|---|---|\n| 0:01 | the arm moves |\n  | a | b |\n\n## Reasoning\nnone\n```json\n{}\n```"


def test_an_answer_arrives_as_the_engine_gave_it(tmp_path: Path) -> None:
    """Not read from a log: tables, headings and leading pipes stay, and reasoning has its own field."""
    store = MemoryStore()
    code, spec = run_one(store, tmp_path, ModelEngine(result=ANSWER, reasoning="Because | it moves."))
    assert code == Exit.DONE
    body = document(store, spec, make_samples(1)[0])
    assert body["result"] == ANSWER
    assert body["reasoning"] == "Because | it moves."


@pytest.mark.parametrize("answer", ["", "  \n"])
def test_a_log_never_stands_in_for_an_answer(answer: str, tmp_path: Path) -> None:
    store = MemoryStore()
    code, spec = run_one(store, tmp_path, ModelEngine(result=answer))
    assert code == Exit.MODEL
    assert next(failures(store, spec, count(store, spec))).code == "empty_result"
    assert store.under(spec.output_prefix) == set()


@pytest.mark.parametrize(("engine", "state"), [(ModelEngine(), "on"), (ModelEngine(), "off"), (FakeEngine(), "not applicable")])
def test_the_state_of_the_guardrails_is_on_record(engine: FakeEngine, state: str, tmp_path: Path) -> None:
    store = MemoryStore()
    _, spec = run_one(store, tmp_path, engine, guardrails="on" if state == "not applicable" else state)
    assert document(store, spec, make_samples(1)[0])["cosmosctl"]["guardrails"] == state


def test_an_output_says_what_it_was_made_with(tmp_path: Path) -> None:
    store = MemoryStore()
    params = {"seed": 7, "steps": 20, "guidance": 5.0, "negative_prompt": "blur", "height": 704, "width": 1280}
    _, spec = run_one(store, tmp_path, ModelEngine(), params=params, image="worker@sha256:" + "b" * 64)
    beside = document(store, spec, make_samples(1)[0])["cosmosctl"]
    assert beside["params"] == params
    assert (beside["seed"], beside["image"], beside["revision"]) == (7, spec.image, "rev")
    assert set(beside["seconds"]) >= {"fetch", "generate"}
    assert {"gpu", "device", "peak_memory_mib", "prompt", "attribution", "tool_version", "run", "attempt"} <= set(beside)


def test_lines_are_out_while_the_engine_still_works(tmp_path: Path) -> None:
    store, lines = MemoryStore(), list[str]()
    seen: list[set[str]] = []
    engine = FakeEngine(act=lambda task: seen.append({json.loads(line)["event"] for line in lines}))
    write_run(store, make_spec(2), make_samples(2))
    run_job(make_host(store, tmp_path, engine, lines=lines), job_env())
    assert seen[0] >= {"attempt_started", "engine_loaded", "fetched"}


def test_a_long_cause_keeps_its_end_and_says_that_it_was_cut() -> None:
    def deep(level: int) -> None:
        if level:
            deep(level - 1)
        raise ValueError("x" * 3000 + " the reason is at the end")

    def chained() -> None:
        try:
            deep(3)
        except ValueError as error:
            raise RuntimeError("y" * 3000) from error

    with pytest.raises(RuntimeError) as caught:
        chained()
    found = classify(caught.value)
    assert found.message.endswith("y" * 3000), "the message of a failure is kept whole"
    assert len(found.trace) > TRACE_LIMIT
    assert "characters cut]" in found.trace.splitlines()[0]
    assert "y" * 3000 in found.trace


def test_a_long_line_of_a_library_says_that_it_was_cut() -> None:
    lines: list[str] = []
    handler = EngineLogs(JobLog(lines.append, lambda: NOW))
    handler.emit(logging.LogRecord("lib", logging.INFO, "f", 1, "z" * 5000, None, None))
    assert json.loads(lines[0])["message"].endswith("[3000 characters cut]")
