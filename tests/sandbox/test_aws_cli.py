"""The AWS CLI as a client of the embedded AWS: another parser than boto3's caller, with the environment that children get."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cosmosctl.adapters.session import SandboxSession
from tests.support.sandbox_batch import Sandbox, sandbox

REFUSED = 255  # exit status of AWS CLI 1 for a service error
AWS = Path(sys.executable).with_name("aws")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with sandbox(tmp_path_factory.mktemp("awscli")) as started:
        yield started


def aws(server: Sandbox, *words: str, code: int = 0) -> Any:
    session = SandboxSession(str(server.record["endpoint"]), "us-east-1")
    env = {**session.subprocess_env(), "AWS_PAGER": ""}
    session.close()
    done = subprocess.run([sys.executable, str(AWS), *words], env=env, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == code, done.stderr
    return json.loads(done.stdout) if done.stdout.startswith(("{", "[")) else done.stdout + done.stderr


def test_identity_is_the_sandbox_account(server: Sandbox) -> None:
    assert aws(server, "sts", "get-caller-identity")["Account"] == "123456789012"


def test_a_file_goes_up_and_comes_back(server: Sandbox, tmp_path: Path) -> None:
    source, target = tmp_path / "in.bin", tmp_path / "out.bin"
    source.write_bytes(bytes(range(256)) * 50_000)  # more than one part
    aws(server, "s3", "mb", "s3://cli-bucket")
    aws(server, "s3", "cp", str(source), "s3://cli-bucket/a/b.bin", "--no-progress")
    assert "b.bin" in aws(server, "s3", "ls", "s3://cli-bucket/a/")
    aws(server, "s3", "cp", "s3://cli-bucket/a/b.bin", str(target), "--no-progress")
    assert target.read_bytes() == source.read_bytes()


def test_a_batch_refusal_reads_as_one(server: Sandbox) -> None:
    words = ("batch", "submit-job", "--job-name", "x", "--job-queue", "nowhere", "--job-definition", "nothing")
    assert "ClientException" in aws(server, *words, code=REFUSED)


def test_an_unknown_call_is_named_and_not_retried(server: Sandbox) -> None:
    answer = aws(server, "pricing", "get-products", "--service-code", "AmazonEC2", code=REFUSED)
    assert "SandboxNotImplemented" in answer
