"""Starts the embedded AWS: folder, state, socket on 127.0.0.1, record file, signals; and takes them down in order.

It must not know what any service answers.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import logging
import os
import secrets
import signal
import sys
import threading
import time
from pathlib import Path
from typing import Any

from cosmosctl import __version__
from cosmosctl.sandbox import extensions, snapshot, state
from cosmosctl.sandbox.autosave import Autosave
from cosmosctl.sandbox.control import Control
from cosmosctl.sandbox.faults import Faults
from cosmosctl.sandbox.requestlog import RequestLog

log = logging.getLogger(__name__)
HOST = "127.0.0.1"
RECORD = "sandbox.json"


def serve(state_dir: Path, port: int) -> int:
    """Runs until stopped; 0 after a clean stop."""
    started = time.time()
    _prepare(state_dir)
    if not _own(state_dir):
        log.error("another process serves %s", state_dir)
        return 1
    _environment()
    moto, handler_class = _moto()
    from werkzeug.serving import make_server

    requests = RequestLog(state_dir / "requests.jsonl")
    faults = Faults()
    server = state.Server(state_dir, port, secrets.token_hex(16), started)
    state.install(server)
    stop = threading.Event()
    control = Control(server, faults, requests, stop.set)
    from cosmosctl.sandbox.app import App

    http = make_server(HOST, port, App(server, moto, requests, faults, control), threaded=True, request_handler=handler_class)
    http.daemon_threads = True  # type: ignore[attr-defined]
    server.port = http.server_port
    os.environ["MOTO_PORT"] = str(server.port)
    try:
        snapshot.open_state()
    except snapshot.WrongVersion as error:
        log.error("%s", error)
        return 3
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.1}, name="http", daemon=True)
    thread.start()
    extensions.start(snapshot.restored())
    autosave = Autosave()
    autosave.start()
    _write_record(server)
    log.info("ready on %s after %.2f s", server.endpoint, time.time() - started)
    stop.wait()
    autosave.stop()
    _shut_down(server, http, requests)
    return 0


def _prepare(state_dir: Path) -> None:
    os.umask(0o077)
    state_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    state_dir.chmod(0o700)
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    for noisy in ("botocore", "boto3", "urllib3"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


_owned: list[int] = []


def _own(state_dir: Path) -> bool:
    """One server per folder, for as long as this process lives: the kernel frees the lock however it ends."""
    handle = os.open(state_dir / "server.lock", os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(handle)
        return False
    _owned.append(handle)
    return True


def _environment() -> None:
    os.environ["MOTO_IAM_LOAD_MANAGED_POLICIES"] = "true"
    os.environ["MOTO_DISABLE_GLOBAL_CORS"] = "true"  # no page of a browser may read answers
    os.environ.setdefault("AWS_ACCESS_KEY_ID", "sandbox")
    os.environ.setdefault("AWS_SECRET_ACCESS_KEY", "sandbox")
    os.environ["AWS_EC2_METADATA_DISABLED"] = "true"
    os.environ["AWS_CONFIG_FILE"] = os.environ["AWS_SHARED_CREDENTIALS_FILE"] = os.devnull


def _moto() -> tuple[Any, type[Any]]:
    from moto.core.common_models import BaseModel
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app

    BaseModel.__new__ = _untracked  # moto keeps every object that ever was in a list, deleted S3 bodies included

    class Handler(MotoRequestHandler):  # type: ignore[misc]
        disable_nagle_algorithm = True  # headers and body are two writes; together with a delayed ACK that costs 40 ms

        def handle(self) -> None:
            with contextlib.suppress(OSError):  # the peer, or a fault rule, closed the connection
                super().handle()

        def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
            return None

    known: dict[str | None, Any] = {}

    class Dispatcher(DomainDispatcherApplication):  # type: ignore[misc]
        def get_backend_for_host(self, host: str | None) -> Any:
            if host not in known:  # moto lists its own folder for each request
                known[host] = super().get_backend_for_host(host)
            if host is not None and known[host] is None:
                raise NotImplementedError(f"this service is not part of the sandbox ({host})")
            return known[host]

    return Dispatcher(create_backend_app), Handler


def _untracked(cls: type, *_: Any, **__: Any) -> Any:
    return object.__new__(cls)


def _write_record(server: state.Server) -> None:
    import moto

    record = {
        "pid": os.getpid(),
        "port": server.port,
        "endpoint": server.endpoint,
        "started": server.started,
        "token": server.token,
        "moto": moto.__version__,
        "cosmosctl": __version__,
    }
    path = server.state_dir / RECORD
    temporary = path.with_suffix(f".{os.getpid()}.tmp")
    temporary.write_text(json.dumps(record) + "\n", encoding="utf-8")
    temporary.chmod(0o600)
    temporary.replace(path)


def _shut_down(server: state.Server, http: Any, requests: RequestLog) -> None:
    server.stopping.set()
    extensions.stop()
    http.shutdown()
    try:
        snapshot.close_state()
    finally:
        (server.state_dir / RECORD).unlink(missing_ok=True)
        http.server_close()
        requests.close()
        log.info("stopped")
