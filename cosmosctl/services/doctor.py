"""Doctor: which cause holds for a deployment, a blueprint or a run that does not work, and what to do next.

Looks at the source (Batch, Logs, EC2, EFS, ECR, CodeBuild, S3), side by side and within a deadline; what cannot be looked
at is said to be unknown. It never changes anything. This module must not know Typer.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from cosmosctl.blueprints.registry import discover, load_blueprint
from cosmosctl.blueprints.schema import Blueprint
from cosmosctl.checks.diagnose import diagnose, looked_at
from cosmosctl.checks.diagnose.base import Diagnosis
from cosmosctl.config.model import Deployment
from cosmosctl.findings import Level
from cosmosctl.ports.facts import CouldNotCheck, Fact, Lookups, known
from cosmosctl.ports.logs import Logs
from cosmosctl.ports.symptoms import DoctorFacts, SandboxView, Symptoms
from cosmosctl.services.context import Context
from cosmosctl.services.doctor_scope import Scope, scope_of
from cosmosctl.services.doctor_sources import Sources, follow_up_jobs, log_jobs
from cosmosctl.services.preflight import ask_all

DEADLINE_S = 25.0


@dataclass(frozen=True)
class DoctorReport:
    """`diagnoses` worst first; `checked` is what was looked at, so that "nothing found" means something."""

    subject: str
    diagnoses: tuple[Diagnosis, ...]
    checked: tuple[str, ...]

    @property
    def healthy(self) -> bool:
        """Nothing is wrong as far as could be seen; notes do not count."""
        return all(item.level is Level.INFO for item in self.diagnoses)


def doctor(
    ctx: Context,
    deployment: Deployment,
    lookups: Lookups,
    symptoms: Symptoms,
    logs: Logs,
    *,
    subject: str | None = None,
    sandbox: SandboxView | None = None,
    blueprints: Path | None = None,
    deadline_s: float = DEADLINE_S,
) -> DoctorReport:
    """`subject` is None (the deployment), a blueprint, or (the beginning of) a run id. `sandbox`: as it was before this
    command. Raises `run_not_found` for a subject that is neither.
    """
    facts = gather(Sources(ctx, deployment, lookups, symptoms, logs), subject or "", sandbox, blueprints, deadline_s)
    return DoctorReport(facts.subject or deployment.name, tuple(diagnose(facts)), tuple(looked_at(facts)))


def gather(sources: Sources, subject: str, sandbox: SandboxView | None, blueprints: Path | None, deadline_s: float) -> DoctorFacts:
    """Three rounds: is there anything; what is there and how is it; what do quotas, offerings and logs say about it."""
    ctx, deployment = sources.ctx, sources.deployment
    end = ctx.clock.monotonic() + deadline_s
    facts = DoctorFacts(
        deployment.name,
        str(deployment.target),
        deployment.region,
        int(ctx.clock.now().timestamp() * 1000),
        subject,
        sandbox=sandbox,
        token_env=deployment.huggingface.token_env,
        data_bucket_name=ctx.names.data_bucket,
    )

    def ask(jobs: dict[str, Callable[[], Any]]) -> dict[str, Any]:
        return ask_all(jobs, ctx.clock, max(1.0, end - ctx.clock.monotonic()))

    facts = _with(facts, ask(sources.first()))
    if isinstance(facts.reachable, CouldNotCheck):
        return facts
    scope = scope_of(ctx, facts, subject, lambda name: _blueprint(name, blueprints))
    facts = replace(facts, subject=scope.subject, stacks=scope.stacks, unfinished=scope.unfinished, busy=scope.busy, run=scope.run)
    facts = replace(facts, uses_model=scope.uses_model, timeout_minutes=scope.timeout_minutes)
    facts = _with(facts, ask(sources.second(facts, scope)))
    answers = ask(sources.third(facts, scope) | follow_up_jobs(sources, facts) | log_jobs(sources, facts))
    return _with(facts, answers)


def _blueprint(name: str, root: Path | None) -> Blueprint | None:
    return load_blueprint(name, root) if name in discover(root) else None


def _with(facts: DoctorFacts, answers: dict[str, Any]) -> DoctorFacts:
    """Answers named after fields; `group key` fills a mapping or, for images and weights, a tuple."""

    def group(prefix: str) -> dict[str, Any]:
        return {name.removeprefix(prefix): answer for name, answer in answers.items() if name.startswith(prefix)}

    logs = {job: known(answer) or () for job, answer in group("log ").items()}
    weights = tuple(answer.value for answer in group("weights ").values() if isinstance(answer, Fact))
    images = tuple(answer.value for answer in group("image ").values() if isinstance(answer, Fact))
    return replace(
        facts,
        quotas={**facts.quotas, **group("quota ")},
        hub={**facts.hub, **group("hub ")},
        logs={**facts.logs, **logs},
        weights=(*facts.weights, *weights),
        images=(*facts.images, *images),
        **{name: answer for name, answer in answers.items() if " " not in name},
    )


__all__ = ["Diagnosis", "DoctorReport", "Scope", "doctor", "gather"]
