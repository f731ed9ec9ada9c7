"""Preflight: everything that can be known before money is spent, gathered side by side within a deadline, then judged.

The same for an account and for the sandbox. What does not answer in time "could not be checked" and never blocks the
command: its thread is left behind. This module must not know Typer, and asks AWS through ports only.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from typing import Any

from cosmosctl.blueprints.choices import choose_engine, choose_variant
from cosmosctl.blueprints.schema import Blueprint
from cosmosctl.catalog.naming import Names
from cosmosctl.checks.preflight import judge, rules
from cosmosctl.checks.preflight.base import Subject
from cosmosctl.checks.preflight.licences import repositories
from cosmosctl.checks.preflight.offerings import instance_types
from cosmosctl.checks.preflight.quotas import codes
from cosmosctl.config.model import Deployment, Target
from cosmosctl.config.schema import did_you_mean
from cosmosctl.errors import CosmosctlError
from cosmosctl.findings import Finding, errors
from cosmosctl.ports.clock import Clock
from cosmosctl.ports.facts import CouldNotCheck, Lookups, PreflightFacts

DEADLINE_S = 15.0
AT_ONCE = 8
Job = Callable[[], Any]


def preflight(
    deployment: Deployment,
    names: Names,
    lookups: Lookups,
    clock: Clock,
    *,
    blueprint: Blueprint | None = None,
    variant: str | None = None,
    engine: str | None = None,
    skip_checks: Collection[str] = (),
    deadline_s: float = DEADLINE_S,
) -> list[Finding]:
    """All findings, worst first. `variant` and `engine` default to those that `deploy` would choose."""
    subject = subject_of(deployment, names, blueprint, variant, engine)
    return judge(subject, gather(subject, lookups, clock, deadline_s), skip_checks)


def subject_of(
    deployment: Deployment, names: Names, blueprint: Blueprint | None = None, variant: str | None = None, engine: str | None = None
) -> Subject:
    if blueprint is None:
        return Subject(deployment, names)
    chosen, _ = choose_engine(blueprint, engine, sees_gpu=deployment.target is Target.AWS)
    return Subject(deployment, names, blueprint, choose_variant(blueprint, variant), chosen)


def known_checks(given: Collection[str], others: Collection[str] = ()) -> None:
    """Raises `unknown_name` for a `--skip-check` that is no rule of preflight nor one of `others`."""
    known = sorted({*rules(), *others})
    for name in given:
        if name not in known:
            hint = did_you_mean(name, known, f"known: {', '.join(known)}")
            raise CosmosctlError("unknown_name", f"there is no check {name!r}", path="--skip-check", hint=hint)


def require(findings: Collection[Finding]) -> None:
    """Raises `preflight_failed` with every finding when one of them is an error."""
    stopping = errors(findings)
    if not stopping:
        return
    first = stopping[0]
    rest = f" (and {len(stopping) - 1} more)" if len(stopping) > 1 else ""
    hint = first.hint or "cosmosctl plan   shows every check"
    raise CosmosctlError("preflight_failed", f"{first.message}{rest}", path=first.path, hint=hint, findings=tuple(findings))


def gather(subject: Subject, lookups: Lookups, clock: Clock, deadline_s: float = DEADLINE_S) -> PreflightFacts:
    """Asks everything that the subject needs, in parallel, and returns when all has answered or the time is over."""
    answers = ask_all(_jobs(subject, lookups), clock, deadline_s)
    facts = PreflightFacts(python=lookups.tools.python(), quotas=_group(answers, "quota "), hub=_group(answers, "hub "))
    return replace(facts, **{name: answer for name, answer in answers.items() if " " not in name})


def _jobs(subject: Subject, lookups: Lookups) -> dict[str, Job]:
    """Field of `PreflightFacts` (or group and key) -> how to look it up; slow ones first."""
    aws, types = lookups.aws, instance_types(subject)
    jobs: dict[str, Job] = {
        "on_demand": lambda: lookups.prices.on_demand(types),
        "terraform": lookups.tools.terraform,
        "provider": lookups.tools.provider,
        "identity": aws.identity,
        "region": aws.region,
        "zones": aws.zones,
        "offerings": lambda: aws.offerings(types),
        "spot": lambda: lookups.prices.spot(types),
    }
    existing = subject.deployment.network.existing
    if existing:
        jobs["network"] = lambda: aws.network(existing.vpc_id, existing.subnet_ids)
    else:
        jobs["vpcs"] = aws.vpcs
    jobs |= {f"hub {item.repo}": _bound(lookups.hub.access, item.repo, item.revision) for item in repositories(subject)}
    return jobs | {f"quota {code}": _bound(aws.quota, code) for code in codes(subject)}


def _bound(function: Callable[..., Any], *arguments: str) -> Job:
    return lambda: function(*arguments)


def _group(answers: Mapping[str, Any], prefix: str) -> dict[str, Any]:
    return {name.removeprefix(prefix): answer for name, answer in answers.items() if name.startswith(prefix)}


def ask_all(jobs: Mapping[str, Job], clock: Clock, deadline_s: float, at_once: int = AT_ONCE) -> dict[str, Any]:
    """Answers by name. Daemon threads: an executor would keep the process alive until a dead network gives up."""
    waiting: queue.SimpleQueue[tuple[str, Job]] = queue.SimpleQueue()
    done: queue.SimpleQueue[tuple[str, Any]] = queue.SimpleQueue()
    for item in jobs.items():
        waiting.put(item)
    for _ in range(min(at_once, len(jobs))):
        threading.Thread(target=_work, args=(waiting, done), daemon=True).start()
    end = clock.monotonic() + deadline_s
    answers: dict[str, Any] = {}
    while len(answers) < len(jobs):
        try:
            name, answer = done.get(timeout=max(0.0, end - clock.monotonic()))
        except queue.Empty:
            break
        answers[name] = answer
    late = CouldNotCheck(f"no answer within {deadline_s:g} s")
    return {name: answers.get(name, late) for name in jobs}


def _work(waiting: queue.SimpleQueue[tuple[str, Job]], done: queue.SimpleQueue[tuple[str, Any]]) -> None:
    while True:
        try:
            name, job = waiting.get_nowait()
        except queue.Empty:
            return
        done.put((name, _answer(job)))


def _answer(job: Job) -> Any:
    """A look-up that breaks is one that could not check; it must not take the others along."""
    try:
        return job()
    except CosmosctlError as error:
        return CouldNotCheck(error.message, credentials=error.code == "no_credentials")
    except Exception as error:
        return CouldNotCheck(f"{type(error).__name__}: {error}"[:300])
