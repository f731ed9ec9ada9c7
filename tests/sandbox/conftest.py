"""A sandbox server and an unpatched moto, one each per test process; every process is gone afterwards."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import boto3
import pytest
from botocore.config import Config

from cosmosctl.adapters import sandbox_process
from cosmosctl.adapters.environment import clean
from cosmosctl.adapters.sandbox_control import SandboxControl
from cosmosctl.adapters.session import SandboxSession

REGION = "us-west-2"
ClientFactory = Callable[[str], Any]


@pytest.fixture(autouse=True)
def _isolated_shell(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in list(os.environ):
        if name.startswith("AWS_") or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    (tmp_path / "home").mkdir()


def quick_client(endpoint: str, service: str) -> Any:
    """One attempt only, so that a wrong answer is seen and not retried."""
    config = Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}, read_timeout=30, proxies={})
    return boto3.session.Session().client(
        service, region_name=REGION, endpoint_url=endpoint, aws_access_key_id="sandbox", aws_secret_access_key="sandbox", config=config
    )


def kill(folder: Path) -> None:
    """As a power cut would: no handler of the server runs."""
    record = sandbox_process._record(folder)
    if record:
        os.kill(int(record["pid"]), signal.SIGKILL)
        while sandbox_process._alive(int(record["pid"])):
            time.sleep(0.01)


@pytest.fixture(scope="session")
def shared_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("sandbox") / uuid4().hex[:6]
    sandbox_process.ensure_started(folder)
    try:
        yield folder
    finally:
        kill(folder)


@pytest.fixture
def endpoint(shared_folder: Path) -> str:
    return sandbox_process.running(shared_folder)


@pytest.fixture
def control(endpoint: str) -> Iterator[SandboxControl]:
    api = SandboxControl(endpoint)
    before = api.settings()
    yield api
    api.clear_faults()
    api.settings(**{name: value for name, value in before.items() if not isinstance(value, dict)})
    for name, value in api.settings().items():
        if isinstance(value, dict) and value:
            api.settings(**{name: dict.fromkeys(value)})


@pytest.fixture
def session(endpoint: str) -> Iterator[SandboxSession]:
    made = SandboxSession(endpoint, REGION)
    yield made
    made.close()


@pytest.fixture
def ours(endpoint: str) -> ClientFactory:
    return lambda service: quick_client(endpoint, service)


@pytest.fixture
def own_folder(tmp_path: Path) -> Iterator[Path]:
    """Folder for a server of one test alone."""
    folder = tmp_path / "sandbox"
    yield folder
    kill(folder)


@pytest.fixture(scope="session")
def upstream_endpoint() -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {**clean(os.environ), "MOTO_IAM_LOAD_MANAGED_POLICIES": "true", "AWS_CONFIG_FILE": os.devnull}
    child = subprocess.Popen(
        [sys.executable, "-c", "from moto.server import main; main()", "-H", "127.0.0.1", "-p", str(port)],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(400):
            try:
                urllib.request.urlopen(f"{address}/moto-api/config", timeout=5).close()
                break
            except OSError:
                time.sleep(0.05)
        yield address
    finally:
        child.kill()
        child.wait()


@pytest.fixture
def upstream(upstream_endpoint: str) -> ClientFactory:
    """Clients of moto as shipped: contract tests show that it still has the gap."""
    return lambda service: quick_client(upstream_endpoint, service)
