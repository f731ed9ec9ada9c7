"""The control API under `/_sandbox/`: health, status, save, stop, reset, faults, settings, reclaim.

JSON in, JSON out, on the loopback address only. It must not know moto.
"""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs

from cosmosctl import __version__
from cosmosctl.sandbox import extensions, snapshot
from cosmosctl.sandbox.faults import Faults
from cosmosctl.sandbox.replies import Reply
from cosmosctl.sandbox.requestlog import RequestLog
from cosmosctl.sandbox.state import Server

Body = dict[str, Any]
Query = dict[str, list[str]]
Handler = Callable[[Body, Query], Any]
NOT_PROVEN = (
    "validation by AWS itself",
    "quotas and capacity beyond the settings",
    "IAM permissions",
    "GPU work and its speed",
    "pulling and running images",
    "real waiting times",
    "prices",
)
_reclaimers: list[Callable[[dict[str, Any]], dict[str, Any]]] = []
_details: dict[str, Callable[[], Any]] = {}
_posts: dict[str, Callable[[dict[str, Any]], Any]] = {}


def on_reclaim(handler: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    """Called with the body of `POST /_sandbox/reclaim`; the result is the answer."""
    _reclaimers[:] = [handler]


def add_detail(name: str, describe: Callable[[], Any]) -> None:
    """A section of `GET /_sandbox/status` that an extension fills."""
    _details[name] = describe


def add_command(name: str, handler: Callable[[dict[str, Any]], Any]) -> None:
    """`POST /_sandbox/<name>` of an extension."""
    _posts[name] = handler


class Control:
    def __init__(self, server: Server, faults: Faults, requests: RequestLog, stop: Callable[[], None]) -> None:
        self._server, self._faults, self._requests, self._stop = server, faults, requests, stop
        self._handlers: dict[tuple[str, str], Handler] = {
            ("GET", "health"): self._health,
            ("GET", "status"): self._status,
            ("POST", "save"): self._save,
            ("POST", "stop"): self._do_stop,
            ("POST", "reset"): self._reset,
            ("POST", "settings"): self._settings,
            ("GET", "settings"): lambda *_: self._server.settings.as_dict(),
            ("GET", "faults"): lambda *_: {"faults": self._faults.list()},
            ("POST", "faults"): self._add_fault,
            ("DELETE", "faults"): self._remove_faults,
            ("POST", "reclaim"): self._reclaim,
        }

    def answer(self, environ: dict[str, Any], raw: bytes) -> Reply:
        name = environ["PATH_INFO"].removeprefix("/_sandbox/").strip("/")
        method = environ["REQUEST_METHOD"]
        query = parse_qs(environ.get("QUERY_STRING", ""))
        try:
            body = json.loads(raw) if raw else {}
            if method == "POST" and name in _posts:
                return json_reply(200, _posts[name](body))
            handler = self._handlers.get((method, name))
            if handler is None:
                return json_reply(404, {"error": f"no such command: {method} {name}"})
            return json_reply(200, handler(body, query))
        except (ValueError, TypeError, KeyError) as error:
            return json_reply(400, {"error": f"{type(error).__name__}: {error}"})

    def _health(self, _body: Body, _query: Query) -> Any:
        return {"ok": True, "pid": os.getpid(), "token": self._server.token, "cosmosctl": __version__}

    def _status(self, _body: Body, _query: Query) -> Any:
        return {
            "endpoint": self._server.endpoint,
            "pid": os.getpid(),
            "uptime_seconds": round(time.time() - self._server.started, 1),
            "extensions": extensions.active(),
            "requests": sum(self._requests.counts().values()),
            "faults": len(self._faults.list()),
            "memory_mib": _memory_mib(),
            "snapshot": snapshot.facts(),
            "settings": self._server.settings.as_dict(),
            "not_proven": list(NOT_PROVEN),
            **{name: describe() for name, describe in _details.items()},
        }

    def _save(self, _body: Body, _query: Query) -> Any:
        return snapshot.save()

    def _reset(self, _body: Body, _query: Query) -> Any:
        self._faults.remove()
        return snapshot.reset()

    def _do_stop(self, _body: Body, _query: Query) -> Any:
        threading.Timer(0.05, self._stop).start()  # after this answer has left
        return {"stopping": True, "pid": os.getpid()}

    def _settings(self, body: Body, _query: Query) -> Any:
        self._server.settings.merge(body)
        snapshot.touch()
        return self._server.settings.as_dict()

    def _add_fault(self, body: Body, _query: Query) -> Any:
        if "seed" in body:
            self._faults.seed(int(body.pop("seed")))
        rules = body.get("rules", [body] if body else [])
        return {"faults": [self._faults.add(rule).id for rule in rules]}

    def _remove_faults(self, _body: Body, query: Query) -> Any:
        ident = query.get("id", [None])[0]
        return {"removed": self._faults.remove(ident)}

    def _reclaim(self, body: Body, _query: Query) -> Any:
        extensions.ensure("batch")
        if not _reclaimers:
            raise ValueError("nothing in this sandbox runs on spot instances")
        return _reclaimers[0](body)


def _memory_mib() -> float:
    try:
        with open("/proc/self/statm", encoding="ascii") as file:
            return round(int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20, 1)
    except OSError:
        return 0.0


def json_reply(status: int, data: Any) -> Reply:
    return Reply(status, [("Content-Type", "application/json")], json.dumps(data, default=str).encode())
