"""Runs the steps of a plan so that the same command again goes on where it stopped.

A step is skipped only when its inputs are those of the journal *and* the executor finds that the result still holds. The
engine must not know what any kind of step does, and decides nothing about the plan.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from cosmosctl.errors import CosmosctlError
from cosmosctl.execute.events import StepDone, StepFailed, StepSkipped, StepStarted
from cosmosctl.execute.journal import Record, State
from cosmosctl.execute.step import Executor, Run, digest_of, executor_for
from cosmosctl.plan.step import Plan, Step

NOT_RESUMED = {"state_lost", "protected_resource", "locked"}  # their own hint comes first
Outcome = Literal["done", "skipped", "failed"]


@dataclass(frozen=True)
class StepResult:
    step: str
    title: str
    outcome: Outcome
    seconds: float
    outputs: Mapping[str, Any]
    error: CosmosctlError | None = None


@dataclass(frozen=True)
class EngineReport:
    command: str
    results: tuple[StepResult, ...]

    def outputs(self, step: str) -> Mapping[str, Any]:
        return next((result.outputs for result in self.results if result.step == step), {})

    @property
    def failures(self) -> tuple[StepResult, ...]:
        return tuple(result for result in self.results if result.outcome == "failed")


def execute(plan: Plan, run: Run, *, keep_going: bool = False, find: Callable[[str], Executor] = executor_for) -> EngineReport:
    """Raises the first failure, or with `keep_going` collects failures and goes on with the next step."""
    results: list[StepResult] = []
    for number, step in enumerate(plan.steps, start=1):
        try:
            results.append(_one(plan, step, number, run, find(step.kind)))
        except CosmosctlError as error:
            run.on_event(StepFailed(step.id, step.title, error.code, error.message))
            if not keep_going or error.code == "interrupted":
                raise _with_resume_hint(error, plan) from error
            results.append(StepResult(step.id, step.title, "failed", 0.0, {}, error))
    return EngineReport(plan.command, tuple(results))


def step_state(step: Step, inputs: Mapping[str, Any], run: Run, executor: Executor) -> Record | None:
    """The journal's record when the step is done, with these inputs, and still holds; else None."""
    record = run.journal.done(step.id)
    if record is not None and record.digest == digest_of(inputs) and executor.probe(step, inputs, record, run):
        return record
    return None


def _one(plan: Plan, step: Step, number: int, run: Run, executor: Executor) -> StepResult:
    inputs = executor.inputs(step, run)
    digest = digest_of(inputs)
    record = step_state(step, inputs, run, executor)
    if record is not None:
        run.on_event(StepSkipped(step.id, step.title, number, len(plan.steps), "up to date"))
        return StepResult(step.id, step.title, "skipped", 0.0, record.outputs)
    run.on_event(StepStarted(step.id, step.title, number, len(plan.steps)))
    started = run.ctx.clock.monotonic()
    _note(run, plan, step, "started", digest, {})
    outputs = _act(plan, step, inputs, digest, run, executor)
    _note(run, plan, step, "done", digest, outputs)
    seconds = run.ctx.clock.monotonic() - started
    run.on_event(StepDone(step.id, step.title, seconds))
    return StepResult(step.id, step.title, "done", seconds, outputs)


def _act(plan: Plan, step: Step, inputs: Mapping[str, Any], digest: str, run: Run, executor: Executor) -> Mapping[str, Any]:
    try:
        return executor.run(step, inputs, run)
    except KeyboardInterrupt as error:
        _note(run, plan, step, "failed", digest, {})
        raise CosmosctlError("interrupted", f"interrupted during {step.title}", path=step.id) from error
    except CosmosctlError as error:
        if error.code != "disk_full":  # writing more would only hide the cause
            _note(run, plan, step, "failed", digest, {})
        raise


def _note(run: Run, plan: Plan, step: Step, state: State, digest: str, outputs: Mapping[str, Any]) -> None:
    at = run.ctx.clock.now().isoformat(timespec="seconds")
    run.journal.append(Record(step.id, state, digest, at, outputs, plan.command))


def _with_resume_hint(error: CosmosctlError, plan: Plan) -> CosmosctlError:
    """Every failure of a step can be resumed: say how, keep the more special hint when there is one."""
    if error.code in NOT_RESUMED:
        return error
    resume = f"cosmosctl {plan.command}   goes on where this stopped"
    hint = f"{error.hint}\n{resume}" if error.hint else resume
    return CosmosctlError(
        error.code,
        error.message,
        hint=hint,
        path=error.path,
        location=error.location,
        findings=error.findings,
        detail=error.detail,
        status=error.status,
    )
