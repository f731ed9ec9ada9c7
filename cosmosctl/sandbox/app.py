"""The WSGI pipeline in front of moto: read, fault, answer, make durable, log.

Everything that goes wrong inside becomes HTTP 400 with a name, because SDKs retry 500 for minutes. It must not know what
a service means.
"""

from __future__ import annotations

import io
import logging
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any

from cosmosctl.sandbox import durable, extensions, routes
from cosmosctl.sandbox.calls import Call
from cosmosctl.sandbox.control import Control, json_reply
from cosmosctl.sandbox.faults import Faults
from cosmosctl.sandbox.replies import Reply, error_reply
from cosmosctl.sandbox.requestlog import RequestLog
from cosmosctl.sandbox.state import Server

log = logging.getLogger(__name__)
StartResponse = Callable[..., Any]
_READ_LIMIT = 6 << 30


class App:
    """`moto` is the WSGI application that answers what no extension route does."""

    def __init__(self, server: Server, moto: Any, requests: RequestLog, faults: Faults, control: Control) -> None:
        self._server, self._moto, self._requests, self._faults, self._control = server, moto, requests, faults, control
        # moto's back ends are plain dicts: one request per service at a time keeps them whole under Terraform's parallelism
        self._locks: defaultdict[str, threading.RLock] = defaultdict(threading.RLock)

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        body = _read_body(environ)
        if environ.get("HTTP_ORIGIN") or environ.get("HTTP_SEC_FETCH_SITE"):  # a page in a browser has no business here
            return _send(json_reply(403, {"error": "requests of web pages are refused"}), environ, start_response)
        if environ.get("PATH_INFO", "").startswith("/_sandbox/"):
            return _send(self._control.answer(environ, body), environ, start_response)
        call = Call.read(environ, body)
        started = time.time()
        clock = time.perf_counter()
        fault = self._faults.pick(call)
        if call.service == "s3" and self._server.settings.s3_latency_ms:
            time.sleep(self._server.settings.s3_latency_ms / 1000)
        reply = fault.before(call) if fault else None
        if reply is None:
            reply = self._answer(call)
        self._requests.write(call, started, time.perf_counter() - clock, reply.status, fault.kind if fault else "")
        if fault and not fault.early:
            return fault.after(call, reply, start_response)
        return _send(reply, environ, start_response)

    def _answer(self, call: Call) -> Reply:
        try:
            extensions.ensure(call.service)
            with self._server.gate.shared(), self._serial(call):
                reply = routes.dispatch(call) or self._ask_moto(call)
                done = call.mutates and reply.status < 400
                if done:
                    durable.record(call)
            if done:
                durable.after(call)
        except NotImplementedError as error:
            return _refuse(call, "SandboxNotImplemented", str(error))
        except Exception as error:
            log.exception("%s %s", call.service, call.action)
            return _refuse(call, "SandboxInternal", f"{type(error).__name__}: {error}")
        return reply

    def _serial(self, call: Call) -> threading.RLock | Any:
        if call.service == "s3" and not call.mutates:
            return _NO_LOCK
        return self._locks[call.service]

    def _ask_moto(self, call: Call) -> Reply:
        seen: dict[str, Any] = {}

        def start(status: str, headers: list[tuple[str, str]], *_: Any) -> Callable[[bytes], None]:
            seen.update(status=int(status.split(" ", 1)[0]), headers=headers)
            return lambda _: None

        answer = self._moto(call.environ, start)
        try:
            body = b"".join(answer)
        finally:
            close = getattr(answer, "close", None)
            if close:
                close()
        reply = Reply(seen["status"], list(seen["headers"]), body)
        if _unknown_path(call, reply):
            raise NotImplementedError(f"no such operation: {call.method} {call.raw_path}")
        if reply.status == 403 and call.service == "s3" and not reply.body and call.method != "HEAD":
            return error_reply(call, "AccessDenied", "Access Denied", 403)  # moto sends no body, so SDKs see no code
        return reply


class _NoLock:
    def __enter__(self) -> None:
        return None

    def __exit__(self, *_: object) -> None:
        return None


_NO_LOCK = _NoLock()


def _unknown_path(call: Call, reply: Reply) -> bool:
    """Flask's own 404 page, or moto's empty 404 for a path that has no operation."""
    if reply.status not in {404, 405} or call.method == "HEAD":
        return False
    return reply.body[:15].lower() == b"<!doctype html>" or (not reply.body and call.service != "s3")


def _refuse(call: Call, code: str, message: str) -> Reply:
    return error_reply(call, code, f"sandbox: {call.service} {call.action}: {message}"[:2000])


def _read_body(environ: dict[str, Any]) -> bytes:
    """The whole body, before any lock is taken: a slow upload must not hold up others."""
    length = environ.get("CONTENT_LENGTH")
    if length:
        body = environ["wsgi.input"].read(int(length))
    elif environ.get("wsgi.input_terminated"):
        body = environ["wsgi.input"].read(_READ_LIMIT)
        environ.pop("HTTP_TRANSFER_ENCODING", None)
    else:
        body = b""
    environ["CONTENT_LENGTH"] = str(len(body))
    environ["wsgi.input"] = io.BytesIO(body)
    return bytes(body)


def _send(reply: Reply, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
    headers = [(key, value) for key, value in reply.headers if key.lower() not in {"transfer-encoding", "connection"}]
    if environ["REQUEST_METHOD"] != "HEAD":
        headers = [item for item in headers if item[0].lower() != "content-length"]
        headers.append(("Content-Length", str(len(reply.body))))
    start_response(f"{reply.status} {'OK' if reply.status < 400 else 'Error'}", headers)
    return [reply.body]
