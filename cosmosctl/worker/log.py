"""One JSON line per event, and the lines of each sample kept for its `jobLogs`.

The container's log is what a user reads while a job runs; the same lines travel in the output, bounded, so that a result
explains itself after the log group has expired. Where the lines go is the caller's choice.
"""

from __future__ import annotations

import json
import logging
import re
from collections import deque
from collections.abc import Callable, Iterable
from datetime import datetime
from threading import Lock
from typing import Any

LINES = 200
CHARACTERS = 16_000
MESSAGE = 2000
_COLOURS = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


class JobLog:
    def __init__(self, emit: Callable[[str], None], now: Callable[[], datetime], **common: Any) -> None:
        self._emit = emit
        self._now = now
        self._common = common
        self._lock = Lock()
        self._shared: deque[str] = deque(maxlen=LINES // 4)
        self._of_sample: dict[str, deque[str]] = {}

    def event(self, name: str, samples: Iterable[str] = (), **fields: Any) -> None:
        """`samples` names whose output the line belongs to; without any it belongs to the job."""
        ids = tuple(samples)
        record = {"t": self._now().isoformat(timespec="milliseconds"), "event": name, **self._common}
        if ids:
            record["sample"] = ids[0] if len(ids) == 1 else list(ids)
        line = json.dumps({**record, **fields}, ensure_ascii=False, default=str)
        with self._lock:
            self._emit(line)
            for buffer in [self._of_sample.setdefault(sample, deque(maxlen=LINES)) for sample in ids] or [self._shared]:
                buffer.append(line)

    def of_sample(self, sample: str) -> str:
        """The job's common lines and those of `sample`, the newest kept when there are too many."""
        with self._lock:
            lines = [*self._shared, *self._of_sample.get(sample, ())][-LINES:]
        text = "\n".join(lines)
        return text if len(text) <= CHARACTERS else "..." + text[-CHARACTERS:]

    def forget(self, sample: str) -> None:
        with self._lock:
            self._of_sample.pop(sample, None)


class EngineLogs(logging.Handler):
    """Carries what an engine's libraries log into the job log, filed under the samples at work."""

    def __init__(self, log: JobLog, level: int = logging.INFO) -> None:
        super().__init__(level)
        self._log = log
        self.samples: tuple[str, ...] = ()

    def emit(self, record: logging.LogRecord) -> None:
        text = _COLOURS.sub("", record.getMessage())
        if len(text) > MESSAGE:
            text = f"{text[:MESSAGE]} [{len(text) - MESSAGE} characters cut]"
        self._log.event("engine_log", self.samples, level=record.levelname.lower(), logger=record.name, message=text)
