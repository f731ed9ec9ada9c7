"""The engine on stand-in stacks: runs, skips, resumes, refuses, and never does a thing twice."""

from __future__ import annotations

from pathlib import Path

import pytest

from cosmosctl.errors import CosmosctlError, ExitStatus
from cosmosctl.execute.engine import execute
from cosmosctl.execute.events import Event, StepDone, StepFailed, StepProgress, StepSkipped, StepStarted
from cosmosctl.execute.journal import Journal
from cosmosctl.execute.stacks import outputs_of, stack_dir, stored_state
from cosmosctl.execute.step import Run
from cosmosctl.plan.step import Plan
from tests.support.standin import STACK, apply_step, destroy_step, make_context, run_plan, write_stack


@pytest.fixture
def infra(tmp_path: Path) -> Path:
    write_stack(tmp_path / "infra")
    return tmp_path / "infra"


def test_runs_in_order_then_skips_all(tmp_path: Path, infra: Path) -> None:
    ctx = make_context(tmp_path / "demo", infra)
    steps = [apply_step("one", "x"), apply_step("two", "y")]
    first: list[Event] = []
    report = run_plan(ctx, steps, first)
    assert [result.outcome for result in report.results] == ["done", "done"]
    assert report.outputs("stack:one")["contract"]["word"] == "x"
    assert [event.step for event in first if isinstance(event, StepDone)] == ["stack:one", "stack:two"]
    progress = [event for event in first if isinstance(event, StepProgress) and event.step == "stack:one" and event.total]
    assert progress[-1].done == progress[-1].total == 4
    second: list[Event] = []
    again = run_plan(ctx, steps, second)
    assert [result.outcome for result in again.results] == ["skipped", "skipped"]
    assert again.outputs("stack:one") == report.outputs("stack:one")
    assert not [event for event in second if isinstance(event, StepStarted)]
    assert len([event for event in second if isinstance(event, StepSkipped)]) == 2


def test_changed_input_runs_again_and_only_that_step(tmp_path: Path, infra: Path) -> None:
    ctx = make_context(tmp_path / "demo", infra)
    run_plan(ctx, [apply_step("one", "x"), apply_step("two", "y")])
    report = run_plan(ctx, [apply_step("one", "x"), apply_step("two", "changed")])
    assert [result.outcome for result in report.results] == ["skipped", "done"]
    assert report.outputs("stack:two")["contract"]["word"] == "changed"


def test_changed_source_runs_again(tmp_path: Path, infra: Path) -> None:
    ctx = make_context(tmp_path / "demo", infra)
    run_plan(ctx, [apply_step("one", "x")])
    write_stack(infra, text=STACK.replace("schema_version = 1,", 'schema_version = 1, more = "m",'))
    report = run_plan(ctx, [apply_step("one", "x")])
    assert report.results[0].outcome == "done"
    assert report.outputs("stack:one")["contract"]["more"] == "m"


def test_a_state_that_someone_else_changed_is_planned_again(tmp_path: Path, infra: Path) -> None:
    ctx = make_context(tmp_path / "demo", infra)
    run_plan(ctx, [apply_step("one", "x")])
    (ctx.workdir / "tf" / "one" / "local.tfstate").unlink()
    assert run_plan(ctx, [apply_step("one", "x")]).results[0].outcome == "done"


def test_failure_names_resource_and_resume_command(tmp_path: Path, infra: Path) -> None:
    write_stack(
        infra,
        "broken",
        STACK + 'resource "terraform_data" "bad" {\n  input = var.word\n  provisioner "local-exec" { command = "exit 7" }\n}\n',
    )
    ctx = make_context(tmp_path / "demo", infra)
    step = apply_step("one", "x")
    broken = type(step)("stack:bad", "terraform", "Bad", {**step.params, "stack": "bad", "source": "broken"})
    events: list[Event] = []
    with pytest.raises(CosmosctlError) as caught:
        run_plan(ctx, [step, broken, apply_step("three", "z")], events)
    assert caught.value.code == "terraform_failed"
    assert caught.value.status == ExitStatus.PARTIAL
    assert caught.value.path == "terraform_data.bad"
    assert "exit status 7" in caught.value.detail
    assert "cosmosctl install   goes on" in caught.value.hint
    assert [event.step for event in events if isinstance(event, StepFailed)] == ["stack:bad"]
    journal = Journal(ctx.workdir / "journal.jsonl")
    assert journal.done("stack:one")
    assert not journal.done("stack:bad")
    assert journal.last("stack:three") is None
    write_stack(infra, "broken")
    report = run_plan(ctx, [step, broken, apply_step("three", "z")])
    assert [result.outcome for result in report.results] == ["skipped", "done", "done"]


def test_keep_going_reports_failures_and_goes_on(tmp_path: Path, infra: Path) -> None:
    ctx = make_context(tmp_path / "demo", infra)
    bad = apply_step("bad", "x", count_b=-1)
    run = Run(ctx, Journal(ctx.workdir / "journal.jsonl"), lambda event: None)
    collected = execute(Plan("cleanup", "demo", (bad, apply_step("two", "y"))), run, keep_going=True)
    assert [result.outcome for result in collected.results] == ["failed", "done"]
    assert collected.failures[0].error is not None
    assert collected.failures[0].error.code == "terraform_failed"


def test_destroy_is_idempotent(tmp_path: Path, infra: Path) -> None:
    ctx = make_context(tmp_path / "demo", infra)
    run_plan(ctx, [apply_step("one", "x")])
    assert run_plan(ctx, [destroy_step("one")]).outputs("destroy:one")["destroyed"] == 4
    assert outputs_of(stored_state(ctx, stack_dir(ctx, "one", "standin", local=True))) == {}
    assert run_plan(ctx, [destroy_step("one")]).outputs("destroy:one")["destroyed"] == 0


def test_read_only_source_tree(tmp_path: Path, infra: Path) -> None:
    folder = infra / "stacks" / "standin"
    folder.chmod(0o555)
    try:
        ctx = make_context(tmp_path / "demo", infra)
        assert run_plan(ctx, [apply_step("one", "x")]).results[0].outcome == "done"
        assert sorted(path.name for path in folder.iterdir()) == ["main.tf"]
    finally:
        folder.chmod(0o755)
