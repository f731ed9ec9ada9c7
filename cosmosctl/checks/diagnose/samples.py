"""What the samples of a run themselves say: inputs that cannot work, errors of the model, samples that nobody computed."""

from __future__ import annotations

from collections.abc import Iterator

from cosmosctl.checks.diagnose.base import UNKNOWN, Diagnosis, broken, jobs, not_checked, note
from cosmosctl.ports.facts import CouldNotCheck
from cosmosctl.ports.symptoms import DoctorFacts, RunView

CAUSES = ("bad_input", "model_error", "samples_missing", "worker_not_started", "run_complete", UNKNOWN)
LOOKED_AT = "jobs and failed samples"
NEEDS = ("jobs", "run")
NOT_FOUND = 127
ACTIVE = ("SUBMITTED", "PENDING", "RUNNABLE", "STARTING", "RUNNING")


def diagnose(facts: DoctorFacts) -> list[Diagnosis]:
    unknown = [not_checked("the jobs", "batch", facts.jobs)] if isinstance(facts.jobs, CouldNotCheck) else []
    return [*_start(facts), *(_run(facts, facts.run) if facts.run else ()), *unknown]


def _start(facts: DoctorFacts) -> Iterator[Diagnosis]:
    for job in jobs(facts):
        last = job.attempts[-1] if job.attempts else None
        if last and last.exit_code == NOT_FOUND:
            message = f"the command of job {job.id} was not found in its image"
            hint = "cosmosctl deploy BLUEPRINT --mode batch   builds image and job definition again"
            yield broken("worker_not_started", job.id, message, hint, [last.reason] if last.reason else ())
            return


def _run(facts: DoctorFacts, run: RunView) -> Iterator[Diagnosis]:
    def texts(kind: str) -> list[str]:
        return [text for text in run.messages if text.startswith(kind)][:5]

    if run.failures.get("input"):
        message = f"{run.failures['input']} of {run.samples} samples failed for their input; no attempt can change that"
        hint = f"correct the files and submit them again; cosmosctl status {run.run_id}   lists them"
        yield broken("bad_input", run.run_id, message, hint, texts("input"))
    if run.failures.get("model"):
        message = f"{run.failures['model']} of {run.samples} samples failed in the model"
        yield broken("model_error", run.run_id, message, f"cosmosctl logs {run.run_id}   has the traceback", texts("model"))
    left = run.samples - run.done - sum(run.failures.values())
    active = any(job.status in ACTIVE for job in jobs(facts))
    if left > 0 and not active and run.state not in ("RUNNING", "QUEUED"):
        message = f"{left} of {run.samples} samples were never computed, and no job of the run is active"
        yield broken("samples_missing", run.run_id, message, f"cosmosctl runs retry {run.run_id}   submits only these")
    if run.done == run.samples:
        message = f"all {run.samples} samples of {run.run_id} have results"
        yield note("run_complete", run.run_id, message, f"cosmosctl runs report {run.run_id}")
