"""Jobs that were stopped from outside: spot reclaims, lost hosts, the attempt's time limit."""

from __future__ import annotations

from collections.abc import Iterator

from cosmosctl.checks.diagnose.base import Diagnosis, attempts, broken, doubtful, jobs, note, retry_hint, some
from cosmosctl.checks.diagnose.signs import RECLAIM, TIMEOUT, reasons
from cosmosctl.ports.symptoms import DoctorFacts

CAUSES = ("spot_reclaimed", "timed_out", "cancelled")
LOOKED_AT = "reclaims and time limits"
NEEDS = ("jobs",)
REPEATED = 2
CANCELLED = ("cancelled", "canceled", "terminated by")


def diagnose(facts: DoctorFacts) -> list[Diagnosis]:
    return [*_reclaims(facts), *_timeouts(facts), *_cancelled(facts)]


def _reclaims(facts: DoctorFacts) -> Iterator[Diagnosis]:
    hits: dict[str, int] = {}
    for job, attempt in attempts(facts):
        if RECLAIM.search(attempt.status_reason):
            hits[job.id] = hits.get(job.id, 0) + 1
    if not hits:
        return
    lost = [job.id for job in jobs(facts) if job.id in hits and job.status == "FAILED"]
    often = [job for job, count in hits.items() if count >= REPEATED]
    what = f"{sum(hits.values())} attempts lost their host in {len(hits)} jobs"
    hint = retry_hint(facts, "set purchase: on-demand (or spot-first with more types) for the pool, then: cosmosctl install")
    if lost or often:
        say = broken if lost else doubtful
        outcome = "and used up their attempts" if lost else "again and again"
        yield say("spot_reclaimed", (lost or often)[0], f"{what}, {some(lost or often)} {outcome}", hint)
    else:
        yield note("spot_reclaimed", next(iter(hits)), f"{what}; they are retried, and finished samples are not redone")


def _timeouts(facts: DoctorFacts) -> Iterator[Diagnosis]:
    found = list(reasons(facts, TIMEOUT))
    if found:
        limit = f" of {facts.timeout_minutes} minutes" if facts.timeout_minutes else ""
        message = f"the time limit{limit} ended {some(who for who, _ in found)}; Batch does not retry these"
        hint = retry_hint(facts, "raise timeout_minutes in blueprint.yaml and deploy again, or give a job fewer samples")
        yield broken("timed_out", found[0][0], message, hint, [found[0][1]])


def _cancelled(facts: DoctorFacts) -> Iterator[Diagnosis]:
    found = [job for job in jobs(facts) if job.status == "FAILED" and (job.terminated or job.reason.lower().startswith(CANCELLED))]
    if found and facts.run:
        hint = f"cosmosctl runs retry {facts.run.run_id}"
        yield note("cancelled", found[0].id, f"{len(found)} jobs of the run were cancelled: {found[0].reason}", hint)
