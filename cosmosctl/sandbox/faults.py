"""Injected failures: throttling, server errors, resets, delays, cut and corrupt bodies, by rule.

A rule names a service, an action and a key; the error has the code and form that the service itself would use, so that
clients take the path that they take on AWS. It must not know moto.
"""

from __future__ import annotations

import os
import random
import re
import socket
import struct
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from cosmosctl.sandbox.calls import Call
from cosmosctl.sandbox.replies import Reply, error_reply, protocol

KINDS = ("throttle", "error", "reset", "delay", "cut", "corrupt")
_THROTTLES = {
    "s3": ("SlowDown", 503),
    "ec2": ("RequestLimitExceeded", 503),
    "batch": ("TooManyRequestsException", 429),
    "servicequotas": ("TooManyRequestsException", 429),
    "iam": ("Throttling", 400),
    "sts": ("Throttling", 400),
    "sns": ("Throttling", 400),
    "monitoring": ("Throttling", 400),
    "sqs": ("RequestThrottled", 403),
    "budgets": ("ThrottlingException", 400),
    "elasticfilesystem": ("ThrottlingException", 429),
    "eks": ("ThrottlingException", 429),
}
_ERRORS = {"s3": ("InternalError", 500), "ec2": ("InternalError", 500), "batch": ("ServerException", 500)}


@dataclass
class Fault:
    """`times` 0 means always; the first `skip` matching calls pass. `when: after` lets the call happen and loses the answer
    (reset only). `code`, `status`, `message` replace what the service would say; `agent` limits to terraform, boto3, ...
    """

    kind: str
    id: str = ""
    service: str = "*"
    action: str = "*"
    key: str = ""
    agent: str = "*"
    probability: float = 1.0
    times: int = 0
    skip: int = 0
    when: str = "before"
    delay_ms: float = 0.0
    code: str = ""
    status: int = 0
    message: str = ""
    hits: int = field(default=0)
    seen: int = field(default=0)

    def matches(self, call: Call) -> bool:
        return (
            fnmatchcase(call.service, self.service)
            and fnmatchcase(call.agent, self.agent)
            and fnmatchcase(call.action, self.action)
            and (not self.key or re.search(self.key, call.key) is not None)
        )

    @property
    def early(self) -> bool:
        """Decided before the call is made; otherwise the answer is spoilt after it."""
        return not (self.kind in {"cut", "corrupt"} or (self.kind == "reset" and self.when == "after"))

    def before(self, call: Call) -> Reply | None:
        if self.delay_ms:
            time.sleep(self.delay_ms / 1000)
        if not self.early or self.kind == "delay":
            return None
        if self.kind == "reset":
            abort(call)
        table, default = (_THROTTLES, ("ThrottlingException", 400)) if self.kind == "throttle" else (_ERRORS, ("InternalFailure", 500))
        if self.kind == "throttle" and protocol(call) == "query":
            default = ("Throttling", 400)
        code, status = table.get(call.service, default)
        return error_reply(call, self.code or code, self.message or "Rate exceeded (injected)", self.status or status)

    def after(self, call: Call, reply: Reply, start_response: Any) -> Iterable[bytes]:
        if self.kind == "reset" or call.environ["REQUEST_METHOD"] == "HEAD":  # a HEAD has no body to spoil, only a length to keep
            abort(call)
        body = reply.body
        headers = [item for item in reply.headers if item[0].lower() not in {"content-length", "transfer-encoding", "connection"}]
        start_response(f"{reply.status} OK", [*headers, ("Content-Length", str(len(body)))])
        if self.kind == "corrupt":
            middle = len(body) // 2
            return [body[:middle] + bytes(byte ^ 0x5A for byte in body[middle : middle + 16]) + body[middle + 16 :]]
        return _cut(call, body)


def _cut(call: Call, body: bytes) -> Iterator[bytes]:
    yield body[: len(body) // 2]
    connection: socket.socket = call.environ["werkzeug.socket"]
    connection.shutdown(socket.SHUT_RDWR)
    raise ConnectionResetError("cut by a fault rule")


def abort(call: Call) -> None:
    """Reset the TCP connection: a lingering close of zero seconds sends RST."""
    connection: socket.socket = call.environ["werkzeug.socket"]
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    os.close(connection.detach())
    raise ConnectionResetError("reset by a fault rule")


class Faults:
    def __init__(self, seed: int | None = None) -> None:
        self._rules: list[Fault] = []
        self._lock = threading.Lock()
        self._random = random.Random(seed)  # noqa: S311 (chance, not secrecy)
        self._next = 1

    def add(self, wanted: Mapping[str, Any]) -> Fault:
        """Raises ValueError for an unknown key or kind, so that a misspelt rule cannot pass for a quiet one."""
        unknown = set(wanted) - (set(Fault.__dataclass_fields__) - {"hits", "seen"})
        if unknown:
            raise ValueError(f"unknown keys of a fault rule: {', '.join(sorted(unknown))}")
        if wanted.get("kind") not in KINDS:
            raise ValueError(f"kind must be one of {', '.join(KINDS)}")
        rule = Fault(**wanted)
        if rule.when not in {"before", "after"} or not 0 <= rule.probability <= 1:
            raise ValueError("when must be before or after; probability must be within 0 and 1")
        re.compile(rule.key)
        with self._lock:
            if not rule.id:
                rule.id = f"fault-{self._next}"
                self._next += 1
            self._rules = [item for item in self._rules if item.id != rule.id] + [rule]
        return rule

    def remove(self, ident: str | None = None) -> int:
        with self._lock:
            kept = [] if ident is None else [rule for rule in self._rules if rule.id != ident]
            gone = len(self._rules) - len(kept)
            self._rules = kept
        return gone

    def seed(self, value: int) -> None:
        self._random.seed(value)

    def list(self) -> list[dict[str, Any]]:
        with self._lock:
            return [asdict(rule) for rule in self._rules]

    def pick(self, call: Call) -> Fault | None:
        """The first rule that fires for this call; counts what it saw and what it hit."""
        if not self._rules:
            return None
        with self._lock:
            for rule in self._rules:
                if not rule.matches(call) or (rule.times and rule.hits >= rule.times):
                    continue
                rule.seen += 1
                if rule.seen > rule.skip and self._random.random() < rule.probability:
                    rule.hits += 1
                    return rule
        return None
