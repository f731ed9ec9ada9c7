"""The Batch scheduler in a world of numbers: no process, no server, one second per step."""

from __future__ import annotations

from typing import Any

from cosmosctl.sandbox.batch import stopping
from cosmosctl.sandbox.batch.placement import Environment, InstanceSize, Queue, TimeLimit
from cosmosctl.sandbox.batch.records import Exit, Job, JobSpec, Key, Needs, Now, Status
from cosmosctl.sandbox.batch.scheduler import Options, Scheduler, Start, Stop
from cosmosctl.sandbox.batch.store import Store
from cosmosctl.sandbox.batch.table import Table

DONE = Exit(0, stopping.EXITED)
FAIL = Exit(1, stopping.EXITED)


class Memory:
    """A record store in a dictionary."""

    def __init__(self) -> None:
        self.rows: dict[str, bytes] = {}

    def write(self, space: str, changes: Any) -> None:
        self.rows.update(changes)

    def items(self, space: str) -> Any:
        return iter(sorted(self.rows.items()))

    def clear(self, space: str | None = None) -> None:
        self.rows.clear()


class World:
    """Steps a scheduler through time, one second per step, each state lasting one step."""

    def __init__(self, max_vcpus: float = 16, limits: tuple[TimeLimit, ...] = ()) -> None:
        self.memory = Memory()
        self.store = Store(self.memory)
        self.count = 0
        self.table = Table(self.store, self._id)
        environment = Environment("arn:ce/spot", True, "spot", max_vcpus, (InstanceSize("g6e.2xlarge", 8, 65536, 1),))
        self.queues = {"arn:q/q": Queue("arn:q/q", "q", 1, (environment,), limits)}
        self.scheduler = Scheduler(self.table, self.queues.get)
        self.options = Options(dwell_s=1, slots=100)
        self.seconds = 0.0
        self.running: list[Key] = []
        self.stopped: list[Key] = []

    def _id(self) -> str:
        self.count += 1
        return f"{self.count:08d}-0000-0000"

    @property
    def now(self) -> Now:
        return Now(self.seconds, int(self.seconds * 1000))

    def submit(self, **more: Any) -> Job:
        number = self.table.next_sequence()
        facts: dict[str, Any] = {
            "id": f"job{number}",
            "sequence": number,
            "name": "n",
            "region": "r",
            "account": "1",
            "queue": "arn:q/q",
            "definition": "d:1",
            "created_ms": 0,
            "container": {},
            "parameters": {},
            "needs": Needs(8, 1000, 1),
            **more,
        }
        return self.table.add(JobSpec(**facts), {}, self.now)

    def step(self, count: int = 1) -> None:
        for _ in range(count):
            self.seconds += 1
            for action in self.scheduler.tick(self.now, self.options):
                if isinstance(action, Start):
                    self.scheduler.launching.discard(action.key)
                    self.table.move(action.key, Status.RUNNING, self.now)
                    self.running.append(action.key)
                elif isinstance(action, Stop):
                    self.stopped.append(action.key)

    def end(self, key: Key, end: Exit = DONE) -> Status:
        self.running.remove(key)
        return self.table.finish(key, end, self.now)
