"""Makes SIGTERM heard at once, also while the engine sits in native code, and bounds how long the worker may take to stop.

Python runs signal handlers between bytecodes of the main thread only, and the engine is in the main thread. The wake-up
descriptor is written by the C handler at once, and a thread of its own reads it.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from threading import Thread

from cosmosctl.worker.stop import Stop

GRACE = 20.0  # AWS Batch waits 30 seconds before SIGKILL


def stop_on_sigterm(stop: Stop, hard_exit: Callable[[int], None], grace: float = GRACE) -> None:
    """Sets `stop` on SIGTERM or SIGINT; calls `hard_exit(143)` when the process is still there after `grace` seconds."""
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)
    signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    Thread(target=_watch, args=(reader, stop, hard_exit, grace), name="signals", daemon=True).start()


def _watch(reader: int, stop: Stop, hard_exit: Callable[[int], None], grace: float) -> None:
    while data := os.read(reader, 16):
        if signal.SIGTERM in data or signal.SIGINT in data:
            break
    stop.set()
    Stop().pause(grace)
    hard_exit(143)
