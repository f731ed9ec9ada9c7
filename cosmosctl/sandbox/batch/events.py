"""EventBridge events of jobs and queues, for the rules and alarms that a deployment makes.

Nothing is built or sent unless a rule exists. Children of an array that all change at once send none: on AWS each would,
but no rule that is worth having listens to ten thousand of them.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from cosmosctl.sandbox.batch import views
from cosmosctl.sandbox.batch.scheduler import Head
from cosmosctl.sandbox.batch.table import REST, Table
from cosmosctl.sandbox.state import ACCOUNT_ID

STATE_CHANGE = "Batch Job State Change"
QUEUE_BLOCKED = "Batch Job Queue Blocked"
MAX_ENTRIES = 10


@dataclass(frozen=True, slots=True)
class Event:
    region: str
    kind: str
    resource: str
    detail: dict[str, Any]


def _backend(region: str) -> Any:
    """EventBridge of a Region, if anybody has used it in this process."""
    module = sys.modules.get("moto.events.models")
    return module.events_backends[ACCOUNT_ID][region] if module else None


def listening(region: str) -> bool:
    backend = _backend(region)
    return backend is not None and any(bus.rules for bus in backend.event_buses.values())


def state_changes(table: Table, changed: Iterable[tuple[str, int | None]]) -> list[Event]:
    found = []
    for job_id, index in changed:
        job = table.jobs.get(job_id)
        if job is not None and index != REST and listening(job.spec.region):
            detail = views.detail(job, index)
            found.append(Event(job.spec.region, STATE_CHANGE, detail["jobArn"], detail))
    return found


def queue_blocked(table: Table, queue: str, head: Head) -> list[Event]:
    job = table.jobs.get(head.job)
    if job is None or not listening(job.spec.region):
        return []
    detail = views.detail(job, None if job.array is None else next(job.array.untouched(), 0))
    return [Event(job.spec.region, QUEUE_BLOCKED, detail["jobArn"], {**detail, "jobQueue": queue})]


def publish(events: Sequence[Event]) -> None:
    for region in dict.fromkeys(e.region for e in events):
        entries = [
            {"Source": "aws.batch", "DetailType": e.kind, "Detail": json.dumps(e.detail), "Resources": [e.resource]}
            for e in events
            if e.region == region
        ]
        for start in range(0, len(entries), MAX_ENTRIES):
            _backend(region).put_events(entries[start : start + MAX_ENTRIES])
