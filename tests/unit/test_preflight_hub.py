"""The hub look-up over real HTTP on loopback: what it answers is told apart, and the token goes nowhere else."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from cosmosctl.adapters.huggingface import HuggingFaceHub, hub_token
from cosmosctl.ports.facts import Access, CouldNotCheck, known

REPO, TOKEN = "nvidia/Cosmos-Reason2-2B", "hf_very_secret_value"
Reply = tuple[int, dict[str, str], bytes]
META = json.dumps({"sha": "abc123", "siblings": [{"rfilename": "README.md"}, {"rfilename": "model.safetensors"}]}).encode()


class Hub:
    """A hub that answers what the test says and remembers what it was asked."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, str, str]] = []
        self.meta: Reply = (200, {}, META)
        self.file: Reply = (302, {"Location": "http://127.0.0.1:1/storage"}, b"")
        self.url = ""

    def answer(self, method: str, path: str, authorization: str) -> Reply:
        self.seen.append((method, path, authorization))
        return self.meta if "/api/" in path else self.file


@contextmanager
def serving(hub: Hub) -> Iterator[Hub]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, headers, body = hub.answer(self.command, self.path, self.headers.get("Authorization", ""))
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command == "GET":
                with suppress(ConnectionError):  # the client may have given up
                    self.wfile.write(body)

        do_HEAD = do_GET

        def log_message(self, format: str, *args: Any) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    hub.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield hub
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def hub() -> Iterator[Hub]:
    with serving(Hub()) as running:
        yield running


def access(hub: Hub, token: str = TOKEN, revision: str = "main") -> Any:
    return HuggingFaceHub(lambda: token, hub.url).access(REPO, revision)


def test_a_readable_gated_repository(hub: Hub) -> None:
    found = known(access(hub, revision="diffusers/base/post-trained"))
    assert found is not None
    assert (found.access, found.commit) == (Access.OK, "abc123")
    assert [(method, path) for method, path, _ in hub.seen] == [
        ("GET", f"/api/models/{REPO}/revision/diffusers%2Fbase%2Fpost-trained"),
        ("HEAD", f"/{REPO}/resolve/diffusers%2Fbase%2Fpost-trained/model.safetensors"),
    ]
    assert {authorization for _, _, authorization in hub.seen} == {f"Bearer {TOKEN}"}


@pytest.mark.parametrize(
    ("part", "reply", "token", "expected"),
    [
        ("meta", (401, {}, b""), TOKEN, Access.UNAUTHORIZED),
        ("meta", (401, {"X-Error-Code": "RepoNotFound"}, b""), "", Access.NO_TOKEN),
        ("meta", (404, {"X-Error-Code": "RepoNotFound"}, b""), TOKEN, Access.NO_REPOSITORY),
        ("meta", (404, {"X-Error-Code": "RevisionNotFound"}, b""), TOKEN, Access.NO_REVISION),
        ("file", (401, {"X-Error-Code": "GatedRepo"}, b""), "", Access.NO_TOKEN),
        ("file", (401, {"X-Error-Code": "GatedRepo"}, b""), TOKEN, Access.UNAUTHORIZED),
        ("file", (403, {"X-Error-Code": "GatedRepo"}, b""), TOKEN, Access.FORBIDDEN),
        ("file", (403, {}, b""), TOKEN, Access.FORBIDDEN),
        ("file", (200, {}, b""), TOKEN, Access.OK),
    ],
)
def test_what_the_hub_answers_is_told_apart(hub: Hub, part: str, reply: Reply, token: str, expected: Access) -> None:
    setattr(hub, part, reply)
    found = known(access(hub, token))
    assert found is not None
    assert found.access is expected


def test_server_errors_are_tried_again_and_then_unknown(hub: Hub) -> None:
    hub.meta = (503, {}, b"")
    found = access(hub)
    assert isinstance(found, CouldNotCheck)
    assert len(hub.seen) == 2
    assert TOKEN not in repr(found)


def test_nonsense_and_silence_are_unknown(hub: Hub) -> None:
    hub.meta = (200, {}, b"<html>")
    assert isinstance(access(hub), CouldNotCheck)
    gone = HuggingFaceHub(lambda: TOKEN, "http://127.0.0.1:9", timeout_s=0.5).access(REPO, "main")
    assert isinstance(gone, CouldNotCheck)
    assert TOKEN not in gone.reason


def test_a_slow_hub_is_given_up() -> None:
    slow = Hub()
    released = threading.Event()
    slow.answer = lambda *_: (released.wait(5), slow.meta)[1]  # type: ignore[method-assign]
    with serving(slow):
        found = HuggingFaceHub(lambda: TOKEN, slow.url, timeout_s=0.1).access(REPO, "main")
        released.set()
    assert isinstance(found, CouldNotCheck)


def test_the_token_goes_to_no_other_host(hub: Hub) -> None:
    with serving(Hub()) as other:
        hub.meta = (307, {"Location": f"{other.url}/api/models/stolen"}, b"")
        access(hub)
        assert other.seen == []


def test_a_renamed_repository_is_followed_on_the_hub_itself(hub: Hub) -> None:
    new = Hub()
    replies = iter([(307, {"Location": "/api/models/nvidia/new/revision/main"}, b""), (200, {}, META)])
    hub.answer = lambda method, path, token: next(replies) if "/api/" in path else new.file  # type: ignore[method-assign]
    found = known(access(hub))
    assert found is not None
    assert found.access is Access.OK


def test_plain_http_gets_no_token() -> None:
    found = HuggingFaceHub(lambda: pytest.fail("the token was asked for"), "http://hub.example.com").access(REPO, "main")
    assert isinstance(found, CouldNotCheck)


def test_the_variable_wins_over_the_stored_token() -> None:
    assert hub_token({"HF_TOKEN": "a"}, "HF_TOKEN", lambda: "b")() == "a"
    assert hub_token({}, "HF_TOKEN", lambda: "b")() == "b"
