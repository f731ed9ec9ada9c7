"""A diagnosis: which cause holds, on what evidence, and the next command. Shared words of all causes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from cosmosctl.findings import Finding, Level
from cosmosctl.ports.facts import CouldNotCheck
from cosmosctl.ports.symptoms import Attempt, DoctorFacts, JobView

UNKNOWN = "could_not_check"


@dataclass(frozen=True)
class Diagnosis:
    """`cause` is stable, `path` is what it is about, `evidence` are lines from a log or of AWS itself."""

    cause: str
    level: Level
    path: str
    message: str
    hint: str
    evidence: tuple[str, ...] = ()

    @property
    def finding(self) -> Finding:
        return Finding(self.path, self.level, self.cause, self.message, self.hint)


def broken(cause: str, path: str, message: str, hint: str, evidence: Iterable[str] = ()) -> Diagnosis:
    return Diagnosis(cause, Level.ERROR, path, message, hint, tuple(evidence))


def doubtful(cause: str, path: str, message: str, hint: str, evidence: Iterable[str] = ()) -> Diagnosis:
    return Diagnosis(cause, Level.WARNING, path, message, hint, tuple(evidence))


def note(cause: str, path: str, message: str, hint: str = "") -> Diagnosis:
    return Diagnosis(cause, Level.INFO, path, message, hint)


def not_checked(what: str, path: str, lookup: CouldNotCheck) -> Diagnosis:
    cure = f"allow {lookup.action} for the identity in use" if lookup.action else "try again later"
    return doubtful(UNKNOWN, path, f"could not check {what}: {lookup.reason}", f"{cure}, or check it by hand")


def jobs(facts: DoctorFacts) -> tuple[JobView, ...]:
    return facts.jobs.value if facts.jobs is not None and not isinstance(facts.jobs, CouldNotCheck) else ()


def attempts(facts: DoctorFacts) -> Iterator[tuple[JobView, Attempt]]:
    for job in jobs(facts):
        for attempt in job.attempts:
            yield job, attempt


def retry_hint(facts: DoctorFacts, then: str) -> str:
    """The command that redoes only what is missing, when a run is looked at."""
    return f"{then}; then: cosmosctl runs retry {facts.run.run_id}" if facts.run else then


def some(items: Iterable[str], limit: int = 3) -> str:
    """The first few, and how many more."""
    listed = list(dict.fromkeys(items))
    more = f" and {len(listed) - limit} more" if len(listed) > limit else ""
    return ", ".join(listed[:limit]) + more
