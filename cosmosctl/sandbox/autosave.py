"""Writes the snapshot by itself: a second after the last change, never more than a tenth of the time.

It must not know what changed.
"""

from __future__ import annotations

import logging
import threading
import time

from cosmosctl.sandbox import snapshot

log = logging.getLogger(__name__)
QUIET_S = 1.0
SHARE = 10.0


class Autosave:
    def __init__(self) -> None:
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="autosave", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join(30)

    def _run(self) -> None:
        pause = QUIET_S
        while not self._stop.wait(pause):
            if not snapshot.is_dirty():
                pause = QUIET_S
                continue
            started = time.monotonic()
            try:
                snapshot.save()
            except Exception:  # the old snapshot stays, the status says so, the next change tries again
                log.exception("the state could not be saved")
            pause = max(QUIET_S, SHARE * (time.monotonic() - started))
