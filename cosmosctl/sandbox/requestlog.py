"""One JSON line per request: call budgets of the tests, retries seen, and the least-privilege report.

Never a body, a header value or a credential.
"""

from __future__ import annotations

import json
import os
import threading
from collections import Counter
from pathlib import Path

from cosmosctl.sandbox.calls import Call


class RequestLog:
    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600)
        self._lock = threading.Lock()
        self._counts: Counter[str] = Counter()

    def write(self, call: Call, started: float, seconds: float, status: int, fault: str = "") -> None:
        entry = {
            "time": round(started, 3),
            "service": call.service,
            "action": call.action,
            "region": call.region,
            "ms": round(seconds * 1000, 1),
            "status": status,
            "attempt": call.attempt,
            "agent": call.agent,
        }
        if call.bucket:
            entry["bucket"] = call.bucket
        if fault:
            entry["fault"] = fault
        line = (json.dumps(entry, separators=(",", ":")) + "\n").encode()
        with self._lock:
            self._counts[f"{call.service}:{call.action}"] += 1
            os.write(self._file, line)

    def counts(self) -> dict[str, int]:
        with self._lock:
            return dict(self._counts)

    def close(self) -> None:
        os.close(self._file)
