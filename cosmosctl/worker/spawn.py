"""Starts one engine process per GPU, waits for all, and believes a killed one to be killed.

Processes, not threads: an engine that takes its process down leaves the others and their results alone. Imported only by
the worker's entry point.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from cosmosctl.worker.engines.base import FailureClass
from cosmosctl.worker.host import SlotOrder
from cosmosctl.worker.log import JobLog
from cosmosctl.worker.report import SlotReport
from cosmosctl.worker.stop import Stop

_TICK = 0.2
GRACE = 25.0  # seconds between SIGTERM and SIGKILL for a child


def run_children(
    orders: Sequence[SlotOrder],
    *,
    command: Sequence[str],
    env: Mapping[str, str],
    workdir: Path,
    stop: Stop,
    log: JobLog,
    clock: Callable[[], float],
) -> list[SlotReport]:
    """The children's reports in the order of `orders`; their output goes where this process's goes."""
    paths = [workdir / f"slot-{order.slot}.json" for order in orders]
    children = [
        subprocess.Popen(
            [*command, "--slot", str(order.slot), "--attempt", str(order.attempt), "--report", str(path)],
            env={**env, **({"CUDA_VISIBLE_DEVICES": order.gpu.selector} if order.gpu else {})},
        )
        for order, path in zip(orders, paths, strict=True)
    ]
    try:
        _wait(children, stop, clock)
    finally:
        for child in children:
            if child.poll() is None:
                child.kill()
            child.wait()
    return [_report(order, child.returncode, path, log) for order, child, path in zip(orders, children, paths, strict=True)]


def _wait(children: Sequence[subprocess.Popen[bytes]], stop: Stop, clock: Callable[[], float]) -> None:
    deadline: float | None = None
    while any(child.poll() is None for child in children):
        if deadline is None and stop.is_set():
            deadline = clock() + GRACE
            for child in children:
                child.send_signal(signal.SIGTERM)
        if deadline is not None and clock() > deadline:
            return
        _nap(children)


def _nap(children: Sequence[subprocess.Popen[bytes]]) -> None:
    """Waits for the first running child, a tick at most."""
    running = next((child for child in children if child.poll() is None), None)
    if running is None:
        return
    try:
        running.wait(_TICK)
    except subprocess.TimeoutExpired:
        return


def _report(order: SlotOrder, code: int, path: Path, log: JobLog) -> SlotReport:
    if path.is_file():
        return SlotReport.from_json(path.read_text(encoding="utf-8"))
    killed = code == -signal.SIGKILL
    message = f"engine process {order.slot} ended with status {code}" + (" (killed, most likely out of memory)" if killed else "")
    log.event("slot_died", slot=order.slot, status=code, message=message)
    return SlotReport(error={"class": FailureClass.RESOURCE.value, "code": "engine_process_died", "message": message}, killed=killed)


def child_command() -> list[str]:
    return [sys.executable, "-m", "cosmosctl.worker"]


def write_report(path: Path, report: SlotReport) -> None:
    """Appears whole or not at all."""
    partial = path.with_suffix(".partial")
    partial.write_text(report.to_json(), encoding="utf-8")
    os.replace(partial, path)
