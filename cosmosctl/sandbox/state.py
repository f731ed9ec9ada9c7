"""What every part of the sandbox may ask about the running server: folder, address, settings, and the gate.

One process is one sandbox, so this is module state. It must not know moto.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from cosmosctl.sandbox.settings import Settings

ACCOUNT_ID = "123456789012"


class Gate:
    """Requests and background work hold it shared; a snapshot holds it alone.

    Shared entry is reentrant per thread, so an extension may call another one while a snapshot waits.
    """

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._shared = 0
        self._alone = False
        self._local = threading.local()

    @contextmanager
    def shared(self) -> Iterator[None]:
        depth = getattr(self._local, "depth", 0)
        if depth == 0:
            with self._condition:
                self._condition.wait_for(lambda: not self._alone)
                self._shared += 1
        self._local.depth = depth + 1
        try:
            yield
        finally:
            self._local.depth = depth
            if depth == 0:
                with self._condition:
                    self._shared -= 1
                    self._condition.notify_all()

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """Must not be entered by a thread that holds it shared."""
        if getattr(self._local, "depth", 0):
            raise RuntimeError("a thread inside a request cannot take the sandbox for itself")
        with self._condition:
            self._condition.wait_for(lambda: not self._alone)
            self._alone = True
            self._condition.wait_for(lambda: self._shared == 0)
        self._local.depth = 1  # what runs inside may enter shared
        try:
            yield
        finally:
            self._local.depth = 0
            with self._condition:
                self._alone = False
                self._condition.notify_all()


@dataclass
class Server:
    state_dir: Path
    port: int
    token: str
    started: float
    settings: Settings = field(default_factory=Settings)
    gate: Gate = field(default_factory=Gate)
    stopping: threading.Event = field(default_factory=threading.Event)

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def objects_dir(self) -> Path:
        return self.state_dir / "objects"


_server: list[Server] = []


def current() -> Server:
    if not _server:
        raise RuntimeError("no sandbox server runs in this process")
    return _server[-1]


def install(server: Server) -> None:
    _server[:] = [server]
