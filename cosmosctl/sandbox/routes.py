"""REST operations that moto lacks, matched on the raw URI because ARNs in paths hold encoded slashes.

Extensions add handlers with `@route`; `dispatch` answers or says that the path is not ours. It must not know moto.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, unquote

from cosmosctl.sandbox.calls import Call
from cosmosctl.sandbox.replies import Reply, error_reply


class ApiError(Exception):
    """An AWS error answer: its code, text and HTTP status."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code, self.message, self.status = code, message, status


@dataclass(frozen=True)
class RestRequest:
    region: str
    body: Mapping[str, Any]
    query: Mapping[str, list[str]]
    call: Call

    def arg(self, name: str, default: str | None = None) -> str | None:
        values = self.query.get(name)
        return values[0] if values else default


Handler = Callable[..., Any]
_routes: dict[tuple[str, str], list[tuple[re.Pattern[str], str, Handler]]] = {}


def route(service: str, method: str, pattern: str, action: str = "") -> Callable[[Handler], Handler]:
    """Handle `method` on a raw path. `service` is the signing name; each group of `pattern` is passed decoded, after a
    `RestRequest`. The handler returns JSON data or raises `ApiError`. The newest registration of a path wins."""

    def add(handler: Handler) -> Handler:
        entries = _routes.setdefault((service, method), [])
        entries[:] = [entry for entry in entries if entry[0].pattern != f"^{pattern}/?$"]
        entries.insert(0, (re.compile(f"^{pattern}/?$"), action or _camel(handler.__name__), handler))
        return handler

    return add


def _camel(name: str) -> str:
    return "".join(part.capitalize() for part in name.strip("_").split("_"))


def find(call: Call) -> tuple[str, Handler, list[str]] | None:
    for pattern, action, handler in _routes.get((call.service, call.method), ()):
        found = pattern.match(call.raw_path)
        if found:
            return action, handler, [unquote(group) for group in found.groups()]
    return None


def dispatch(call: Call) -> Reply | None:
    """Answer of the extension's route, or None when no route has this path."""
    hit = find(call)
    if hit is None:
        return None
    _, handler, args = hit
    try:
        body = json.loads(call.body) if call.body else {}
        result = handler(RestRequest(call.region, body, parse_qs(call.query, keep_blank_values=True), call), *args)
    except ApiError as error:
        return error_reply(call, error.code, error.message, error.status)
    return Reply(200, [("Content-Type", "application/json")], json.dumps(result, default=_plain).encode())


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.timestamp()
    raise TypeError(f"{type(value).__name__} is not JSON")
