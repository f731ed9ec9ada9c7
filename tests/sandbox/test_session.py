"""Neither target can reach the other: not through variables, files, profiles, proxies or children."""

from __future__ import annotations

import os
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import ClassVar

import pytest

from cosmosctl.adapters.session import AccountSession, SandboxSession, credential_error
from cosmosctl.errors import CosmosctlError

from .conftest import REGION

HOSTILE = "http://127.0.0.1:9/hostile"
REAL_KEY = "AKIAREALREALREALREAL"


@pytest.fixture
def real_account(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A shell with everything that could lead a client astray."""
    config, keys = tmp_path / "config", tmp_path / "credentials"
    config.write_text(
        f"[default]\nregion = eu-west-1\nendpoint_url = {HOSTILE}\nretry_mode = legacy\n"
        f"[profile prod]\nregion = eu-west-1\nservices = odd\nendpoint_url = {HOSTILE}\n[services odd]\ns3 =\n  endpoint_url = {HOSTILE}\n"
    )
    secret = f"aws_access_key_id = {REAL_KEY}\naws_secret_access_key = real\n"
    keys.write_text(f"[default]\n{secret}[prod]\n{secret}")
    shell = {
        "AWS_CONFIG_FILE": str(config),
        "AWS_SHARED_CREDENTIALS_FILE": str(keys),
        "AWS_PROFILE": "prod",
        "AWS_ACCESS_KEY_ID": REAL_KEY,
        "AWS_SECRET_ACCESS_KEY": "real",
        "AWS_SESSION_TOKEN": "real-token",
        "AWS_CA_BUNDLE": str(tmp_path / "missing.pem"),
        "AWS_ENDPOINT_URL": HOSTILE,
        "AWS_ENDPOINT_URL_S3": HOSTILE,
        "AWS_S3_ENDPOINT": HOSTILE,
        "TF_AWS_STS_ENDPOINT": HOSTILE,
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_USE_FIPS_ENDPOINT": "true",
        "AWS_WEB_IDENTITY_TOKEN_FILE": str(tmp_path / "token"),
        "AWS_ROLE_ARN": "arn:aws:iam::999999999999:role/real",
        "HTTP_PROXY": HOSTILE,
        "http_proxy": HOSTILE,
        "HTTPS_PROXY": HOSTILE,
        "SECRET_OF_THE_SHELL": "do-not-pass",
    }
    for name, value in shell.items():
        monkeypatch.setenv(name, value)
    return tmp_path


class Recorder(BaseHTTPRequestHandler):
    """Stands where the sandbox would, and keeps what it was sent."""

    seen: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        Recorder.seen.append(f"{self.path}\n{self.headers}")
        body = b"<ListAllMyBucketsResult><Buckets/></ListAllMyBucketsResult>"
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        return None


def test_sandbox_client_sends_nothing_of_the_shell(real_account: Path) -> None:
    server = HTTPServer(("127.0.0.1", 0), Recorder)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        session = SandboxSession(f"http://127.0.0.1:{server.server_port}", REGION)
        assert session.client("s3").list_buckets()["Buckets"] == []
        session.close()
    finally:
        server.shutdown()
        server.server_close()
    sent = Recorder.seen[-1]
    assert "Credential=sandbox/" in sent
    assert f"/{REGION}/s3/" in sent
    assert REAL_KEY not in sent
    assert "real-token" not in sent


def test_every_sandbox_client_has_the_endpoint_and_no_proxy(real_account: Path) -> None:
    session = SandboxSession("http://127.0.0.1:1", REGION)
    for service in ("s3", "sts", "ec2", "batch", "iam", "logs", "service-quotas"):
        client = session.client(service)
        assert client.meta.endpoint_url == "http://127.0.0.1:1"
        assert client._endpoint.http_session._proxy_config.proxy_url_for("http://127.0.0.1:1") is None
        assert client.meta.config.retries["total_max_attempts"] == 6
        assert client.meta.config.retries["mode"] == "standard"
    assert session.client("sts") is session.client("sts")
    assert session.client("sts", "us-east-1").meta.region_name == "us-east-1"
    session.close()


def test_sandbox_child_gets_an_allow_list(real_account: Path) -> None:
    environment = SandboxSession("http://127.0.0.1:1", REGION).subprocess_env()
    text = repr(sorted(environment.items()))
    for planted in (REAL_KEY, "real-token", HOSTILE, "do-not-pass", "eu-west-1", "999999999999", str(real_account / "config")):
        assert planted not in text
    assert environment["AWS_ENDPOINT_URL"] == "http://127.0.0.1:1"
    assert environment["AWS_ACCESS_KEY_ID"] == environment["AWS_SECRET_ACCESS_KEY"] == "sandbox"
    assert environment["AWS_CONFIG_FILE"] == environment["AWS_SHARED_CREDENTIALS_FILE"] == os.devnull
    assert environment["AWS_EC2_METADATA_DISABLED"] == "true"
    assert environment["PATH"] == os.environ["PATH"]
    assert not {"AWS_PROFILE", "AWS_CA_BUNDLE", "AWS_SESSION_TOKEN", "AWS_WEB_IDENTITY_TOKEN_FILE", "HTTP_PROXY", "http_proxy"} & set(
        environment
    )


@pytest.mark.parametrize("profile", [None, "prod"])
def test_account_client_never_uses_an_endpoint_of_the_shell(
    real_account: Path, monkeypatch: pytest.MonkeyPatch, profile: str | None
) -> None:
    monkeypatch.delenv("AWS_CA_BUNDLE")
    monkeypatch.delenv("AWS_USE_FIPS_ENDPOINT")
    session = AccountSession(REGION, profile)
    assert session.endpoint is None
    for service, host in (("s3", f"https://s3.{REGION}.amazonaws.com"), ("batch", f"https://batch.{REGION}.amazonaws.com")):
        assert session.client(service).meta.endpoint_url == host
    session.close()


def test_account_child_has_no_endpoint_but_the_credentials(real_account: Path) -> None:
    environment = AccountSession(REGION).subprocess_env()
    assert HOSTILE not in [value for name, value in environment.items() if "ENDPOINT" in name]
    assert environment["AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"] == "true"
    assert environment["AWS_ACCESS_KEY_ID"] == REAL_KEY
    assert environment["AWS_REGION"] == environment["AWS_DEFAULT_REGION"] == REGION
    assert environment["AWS_USE_FIPS_ENDPOINT"] == "true"  # a setting of the account, not an endpoint
    chosen = AccountSession(REGION, "prod").subprocess_env()
    assert chosen["AWS_PROFILE"] == "prod"
    assert "AWS_ACCESS_KEY_ID" not in chosen


def test_without_credentials_there_is_one_error() -> None:
    os.environ["AWS_EC2_METADATA_DISABLED"] = "true"
    try:
        with pytest.raises(CosmosctlError) as caught:
            AccountSession(REGION).account_id()
        assert (caught.value.code, caught.value.path) == ("no_credentials", "aws.profile")
        with pytest.raises(CosmosctlError) as caught:
            AccountSession(REGION, "no-such-profile").account_id()
        assert caught.value.code == "no_credentials"
        assert "no-such-profile" in caught.value.message
    finally:
        del os.environ["AWS_EC2_METADATA_DISABLED"]


def test_refused_credentials_are_told_from_other_errors() -> None:
    from botocore.exceptions import ClientError

    refused = ClientError({"Error": {"Code": "ExpiredToken", "Message": "x"}}, "GetCallerIdentity")
    other = ClientError({"Error": {"Code": "Throttling", "Message": "x"}}, "GetCallerIdentity")
    found = credential_error(refused)
    assert found is not None
    assert found.code == "no_credentials"
    assert credential_error(other) is None


def test_sandbox_account_is_the_documented_one(session: SandboxSession) -> None:
    assert session.client("sts").get_caller_identity()["Account"] == session.account_id() == "123456789012"
