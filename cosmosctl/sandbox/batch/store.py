"""Job records on disk, so that they survive kill -9 up to the last answer given.

One row per job, per child that differs from its siblings, and per array's shared record; changes are collected and
written as one transaction before an answer leaves or an action is taken. It must not know scheduling.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, fields
from typing import Any, Protocol

from cosmosctl.sandbox.batch.records import (
    ArrayState,
    Attempt,
    Dependency,
    Exit,
    Job,
    JobSpec,
    Needs,
    Now,
    Placement,
    ProcessId,
    Retry,
    Rule,
    Status,
    Unit,
)
from cosmosctl.sandbox.batch.table import REST

SPACE = "batch"


class Records(Protocol):
    """What `cosmosctl.sandbox.journal.Journal` offers."""

    def write(self, space: str, changes: Iterable[tuple[str, bytes | None]]) -> None: ...

    def items(self, space: str) -> Iterator[tuple[str, bytes]]: ...

    def clear(self, space: str | None = None) -> None: ...


class Store:
    """Collects notes of the table; `flush` makes them durable."""

    def __init__(self, records: Records) -> None:
        self._records = records
        self._jobs: dict[str, Job] = {}
        self._units: dict[tuple[str, int | None], Unit] = {}

    def job(self, job: Job) -> None:
        self._jobs[job.spec.id] = job

    def unit(self, job: str, index: int | None, unit: Unit) -> None:
        self._units[job, index] = unit

    def pending(self) -> list[tuple[str, int | None]]:
        """What has changed since the last flush."""
        return [*((job, None) for job in self._jobs if (job, None) not in self._units), *self._units]

    def flush(self) -> bool:
        """Whether there was anything to write."""
        if not self._jobs and not self._units:
            return False
        rows: list[tuple[str, bytes | None]] = [(f"job/{i}", _dump(_head(job))) for i, job in self._jobs.items()]
        rows += [(_name(job, index), _dump(unit_dict(unit))) for (job, index), unit in self._units.items()]
        self._records.write(SPACE, rows)
        self._jobs.clear()
        self._units.clear()
        return True

    def clear(self) -> None:
        self._jobs.clear()
        self._units.clear()
        self._records.clear(SPACE)

    def load(self, now: Now) -> list[Job]:
        """All jobs in order of submission, with ages counted from now."""
        jobs: dict[str, Job] = {}
        units: list[tuple[str, Unit]] = []
        for name, raw in self._records.items(SPACE):
            kind, _, ident = name.partition("/")
            data = json.loads(raw)
            if kind == "job":
                spec = spec_from(data["spec"])
                array = ArrayState(spec.size, Unit(since=now.mono), gate_open=False) if spec.size else None
                jobs[ident] = Job(spec, Unit(since=now.mono), array, dict(data["tags"]))
            else:
                units.append((ident, unit_from(data, now)))
        for ident, unit in units:
            _attach(jobs, ident, unit)
        for job in jobs.values():
            _reopen(job)
        return sorted(jobs.values(), key=lambda j: j.spec.sequence)


def _name(job: str, index: int | None) -> str:
    return f"unit/{job}" if index is None else f"unit/{job}:{'rest' if index == REST else index}"


def _attach(jobs: Mapping[str, Job], ident: str, unit: Unit) -> None:
    job_id, _, index = ident.partition(":")
    job = jobs.get(job_id)
    if job is None:
        return
    if not index:
        job.unit = unit
    elif job.array is None:
        return
    elif index == "rest":
        job.array.rest = unit
    else:
        job.array.children[int(index)] = unit


def _reopen(job: Job) -> None:
    """Counts and sets are derived, so they are not stored."""
    array = job.array
    if array is None:
        return
    for index, unit in array.children.items():
        array.tally[unit.status] += 1
        if unit.status is Status.RUNNABLE:
            array.waiting.add(index)
        elif unit.status.placed:
            array.placed.add(index)


def _dump(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def _head(job: Job) -> dict[str, Any]:
    return {"spec": asdict(job.spec), "tags": job.tags}


def spec_from(data: Mapping[str, Any]) -> JobSpec:
    known = {f.name for f in fields(JobSpec)}
    values = {k: v for k, v in data.items() if k in known}
    values["needs"] = Needs(**data["needs"])
    values["retry"] = Retry(data["retry"]["attempts"], tuple(Rule(**r) for r in data["retry"]["rules"]))
    values["depends"] = tuple(Dependency(**d) for d in data["depends"])
    values["platforms"] = tuple(data["platforms"])
    return JobSpec(**values)


def unit_dict(unit: Unit) -> dict[str, Any]:
    """Only what is set: most children hold a status and a stamp."""
    data = {f.name: getattr(unit, f.name) for f in fields(unit) if f.name != "since"}
    plain = {k: v for k, v in data.items() if v not in (None, False, ())}
    for name in ("placement", "process", "ending"):
        if name in plain:
            plain[name] = asdict(plain[name])
    if "attempts" in plain:
        plain["attempts"] = [asdict(a) for a in unit.attempts]
    return plain


def unit_from(data: Mapping[str, Any], now: Now) -> Unit:
    values = dict(data)
    values["status"] = Status(values["status"])
    values["attempts"] = tuple(Attempt(**{**a, "exit": Exit(**a["exit"])}) for a in values.get("attempts", ()))
    for name, kind in (("placement", Placement), ("process", ProcessId), ("ending", Exit)):
        if name in values:
            values[name] = kind(**values[name])
    return Unit(since=now.mono, **values)
