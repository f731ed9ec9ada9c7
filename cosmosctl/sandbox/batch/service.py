"""The Batch scheduler at work: one lock, one thread that ticks, one thread per running container.

It carries out what the pure parts decide and makes every change durable before it acts on it.
"""

from __future__ import annotations

import logging
import os
import shutil
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from cosmosctl.sandbox import snapshot
from cosmosctl.sandbox.batch import containers, events, stopping, world
from cosmosctl.sandbox.batch.placement import Denial
from cosmosctl.sandbox.batch.process import Container, kill_orphan
from cosmosctl.sandbox.batch.records import Exit, Key, Now, Status, Unit
from cosmosctl.sandbox.batch.scheduler import Options, Scheduler, Start
from cosmosctl.sandbox.batch.store import Records, Store
from cosmosctl.sandbox.batch.table import Table
from cosmosctl.sandbox.state import Server

log = logging.getLogger(__name__)
TICK_S = 0.1
IDLE_S = 5.0


def now() -> Now:
    return Now(time.monotonic(), int(time.time() * 1000))


class Service:
    def __init__(self, server: Server, records: Records) -> None:
        self._server = server
        self._lock = threading.RLock()
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._runners: dict[Key, threading.Thread] = {}
        self._containers: dict[Key, Container] = {}
        self._store = Store(records)
        self._outbox: list[events.Event] = []
        self._new()

    def _new(self) -> None:
        self.table = Table(self._store, lambda: str(uuid.uuid4()))
        self.scheduler = Scheduler(self.table, world.queue)

    @contextmanager
    def edit(self) -> Iterator[Table]:
        """Exclusive use of the records; changes are on disk when it ends."""
        with self._lock:
            yield self.table
            self._outbox += events.state_changes(self.table, self._store.pending())
            if self._store.flush():
                self._wake.set()

    # life

    def start(self) -> None:
        if self._thread is not None:
            return
        self._stopping.clear()
        with self._server.gate.shared(), self.edit():
            self._restore()
        self._thread = threading.Thread(target=self._loop, name="batch", daemon=True)
        self._thread.start()

    def _restore(self) -> None:
        """Jobs as they were; what was running has lost its host."""
        self._new()
        moment = now()
        for job in self._store.load(moment):
            self.table.keep(job)
        for key, unit in list(self.table.placed()):
            if unit.process is not None:
                kill_orphan(unit.process)
            self.table.finish(key, stopping.host_lost(unit), moment)

    def stop(self) -> None:
        """Ends all containers; the next start sees their hosts as lost."""
        self._stopping.set()
        self._wake.set()
        if self._thread is not None:
            self._thread.join(timeout=5)
            self._thread = None
        for container in list(self._containers.values()):
            container.stop(grace_s=2)
        for runner in list(self._runners.values()):
            runner.join(timeout=4)

    def reset(self) -> None:
        with self._lock:
            for container in self._containers.values():
                container.kill()
            self._store.clear()
            self._new()

    def options(self) -> Options:
        extra = self._server.settings.extra
        denied = self._server.settings.capacity_denied
        return Options(
            dwell_s=self._server.settings.batch_dwell_seconds,
            time_scale=float(extra.get("batch_time_scale", 1)),
            slots=int(extra.get("batch_max_processes") or os.cpu_count() or 2),
            denials=tuple(Denial(d.get("purchase", "*"), d.get("instance_type", "*"), d.get("zone", "*")) for d in denied),
        )

    def _loop(self) -> None:
        while not self._stopping.is_set():
            self._wake.clear()
            try:
                self._step()
            except Exception:  # one bad record must not end all scheduling
                log.exception("batch scheduler")
                self._stopping.wait(1)
            self._wake.wait(TICK_S if self.table.live else IDLE_S)
            if self.table.live:
                self._stopping.wait(0.02)

    def _step(self) -> None:
        before = dict(self.scheduler.heads)
        with self._server.gate.shared(), self.edit() as table:
            actions = self.scheduler.tick(now(), self.options())
            for arn, head in self.scheduler.heads.items():
                if head is not before.get(arn):
                    self._outbox += events.queue_blocked(table, arn, head)
        self._publish()
        for action in actions:
            if isinstance(action, Start):
                self._launch(action.key)
            else:
                self._end([action.key])

    def _publish(self) -> None:
        """Not under the lock: a rule's target may be anything."""
        with self._lock:
            sent, self._outbox = self._outbox, []
        if sent:
            with self._server.gate.shared():
                try:
                    events.publish(sent)
                except Exception:  # moto's targets raise what they like; jobs must go on
                    log.exception("batch events")

    # containers

    def _end(self, keys: list[Key], grace_s: float | None = None) -> None:
        extra = self._server.settings.extra
        grace = float(extra.get("batch_stop_timeout_seconds", 30)) if grace_s is None else grace_s
        for key in keys:
            container = self._containers.get(key)
            if container is not None:
                container.stop(grace)

    def _launch(self, key: Key) -> None:
        runner = threading.Thread(target=self._run, args=(key,), name=f"batch-{key}", daemon=True)
        self._runners[key] = runner
        runner.start()

    def _run(self, key: Key) -> None:
        try:
            end = self._run_container(key)
        except Exception as error:  # whatever happens, a job must not stay STARTING for ever
            log.exception("job %s", key)
            end = Exit(None, containers.NOT_STARTED, f"CannotStartContainerError: {type(error).__name__}: {error}")
        with self._server.gate.shared(), self.edit() as table:
            self._containers.pop(key, None)
            self.scheduler.launching.discard(key)
            unit = table.get(key)
            if end is not None and unit is not None and unit.status.placed and not self._stopping.is_set():
                table.finish(key, end, now())
        self._runners.pop(key, None)
        snapshot.touch()

    def _run_container(self, key: Key) -> Exit | None:
        """How the attempt ended; None when it was called off before it began."""
        with self._server.gate.shared(), self._lock:
            unit = self.table.get(key)
            if unit is None or unit.status is not Status.STARTING:
                return None
            task = unit.task or ""
            folder = self._server.state_dir / "jobs" / task
            launch = containers.prepare(self.table.jobs[key.job].spec, key, self._site(key, unit, folder), world.MotoCloud())
        if isinstance(launch, Exit):
            return launch
        folder.mkdir(parents=True, exist_ok=True)
        try:
            return self._run_process(key, task, launch, folder)
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _site(self, key: Key, unit: Unit, folder: Path) -> containers.Site:
        queue = self.table.jobs[key.job].spec.queue.rpartition("/")[2]
        env = unit.placement.environment.rpartition("/")[2] if unit.placement else ""
        return containers.Site(self._server.endpoint, folder, queue, env, len(unit.attempts) + 1, unit.task or "")

    def _run_process(self, key: Key, task: str, launch: containers.Launch, folder: Path) -> Exit | None:
        spec = self.table.jobs[key.job].spec
        (folder / ".aws-empty").touch()
        limit = int(self._server.settings.extra.get("batch_memory_limit_mib", 0))
        container = Container(launch.argv, launch.env, folder, limit)
        with self._server.gate.shared(), self.edit() as table:
            unit = table.get(key)
            called_off = unit is None or unit.status is not Status.STARTING or unit.task != task or self._stopping.is_set()
            if not called_off:
                world.open_log(spec.region, launch.log_group, launch.log_stream)
                table.move(key, Status.RUNNING, now(), process=container.ident, log_stream=launch.log_stream)
                self._containers[key] = container
                self.scheduler.launching.discard(key)
        if called_off:
            container.kill()
        code = container.follow(self._shipper(spec.region, launch))
        if called_off:
            return None
        reason = stopping.OUT_OF_MEMORY if container.out_of_memory else None
        return Exit(code, stopping.EXITED, reason)

    def _shipper(self, region: str, launch: containers.Launch) -> Callable[[list[str]], None]:
        def ship(lines: list[str]) -> None:
            with self._server.gate.shared():
                world.write_log(region, launch.log_group, launch.log_stream, lines)

        return ship

    # orders

    def cancel(self, key: Key, reason: str) -> None:
        with self.edit() as table:
            stopping.cancel(table, key, reason, now())

    def terminate(self, key: Key, reason: str) -> None:
        with self.edit() as table:
            keys = stopping.terminate(table, key, reason, now())
        self._end(keys)

    def reclaim(self, keys: list[Key], grace_s: float) -> None:
        with self.edit() as table:
            stops = stopping.reclaim(table, keys, now())
        self._end(stops, grace_s)

    def kill_for_memory(self, keys: list[Key]) -> None:
        for key in keys:
            container = self._containers.get(key)
            if container is not None:
                container.kill(out_of_memory=True)

    def end_queue(self, arn: str, reason: str) -> None:
        """All jobs of a deleted queue end."""
        with self.edit() as table:
            keys = [Key(i) for i in list(table.live) if table.jobs[i].spec.queue == arn]
        for key in keys:
            self.terminate(key, reason)
