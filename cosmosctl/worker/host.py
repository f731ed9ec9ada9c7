"""Everything of the world that the worker's loop touches, in one value, so that tests give it a world without waiting."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cosmosctl.ports.objectstore import ObjectStore
from cosmosctl.worker.devices import Gpu
from cosmosctl.worker.engines.base import Engine
from cosmosctl.worker.log import EngineLogs, JobLog
from cosmosctl.worker.report import SlotReport
from cosmosctl.worker.stop import Stop

SpawnSlots = Callable[[Sequence["SlotOrder"]], Sequence[SlotReport]]


@dataclass(frozen=True)
class SlotOrder:
    """One engine process to start: its slot, the GPU it is pinned to and the attempt it belongs to."""

    slot: int
    gpu: Gpu | None
    attempt: int


@dataclass(frozen=True)
class Host:
    store: Callable[[str], ObjectStore]  # by bucket
    now: Callable[[], datetime]
    clock: Callable[[], float]  # monotonic seconds
    log: JobLog
    stop: Stop
    workdir: Path
    gpus: tuple[Gpu, ...]
    create_engine: Callable[[str], Engine]
    engine_exists: Callable[[str], bool]
    peak_rss_mib: Callable[[], float]
    spawn: SpawnSlots  # runs the slots of a job with several engines, one process each
    engine_logs: EngineLogs | None = None
