"""An account of the shell never meets a sandbox command, a sandbox never meets an account, and two sandboxes never meet."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from tests.support.deployment import Deployed, deployment, everything, listed


class Trap:
    """A local server that nobody may call; it counts the connections and keeps their first bytes."""

    def __init__(self) -> None:
        self.heard: list[bytes] = []
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._socket.getsockname()[1]}"

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            with connection:
                connection.settimeout(2)
                with suppress(OSError):
                    self.heard.append(connection.recv(4096))

    def close(self) -> None:
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join(5)


@pytest.fixture
def trap() -> Iterator[Trap]:
    made = Trap()
    yield made
    made.close()


def account_shell(folder: Path, address: str) -> Mapping[str, str]:
    """Everything in a shell and its files that leads an AWS client to an account; here all ways lead into the trap."""
    profiles = folder / ".aws"
    profiles.mkdir(parents=True, exist_ok=True)
    services = "\n".join(f"{name} =\n  endpoint_url = {address}" for name in ("s3", "ec2", "iam", "sts", "batch"))
    places = f"region = eu-west-1\nendpoint_url = {address}\nservices = all\n"
    (profiles / "config").write_text(f"[default]\n{places}[profile prod]\n{places}[services all]\n{services}\n", encoding="utf-8")
    pair = "aws_access_key_id = AKIAREALREALREALREAL\naws_secret_access_key = realrealrealrealrealrealrealrealrealreal\n"
    (profiles / "credentials").write_text(f"[default]\n{pair}[prod]\n{pair}", encoding="utf-8")
    endpoints = {f"AWS_ENDPOINT_URL_{name}": address for name in ("S3", "EC2", "IAM", "STS", "BATCH", "SECRETS_MANAGER")}
    return {
        **endpoints,
        "AWS_ENDPOINT_URL": address,
        "AWS_S3_ENDPOINT": address,
        "AWS_PROFILE": "prod",
        "AWS_ACCESS_KEY_ID": "AKIAREALREALREALREAL",
        "AWS_SECRET_ACCESS_KEY": "realrealrealrealrealrealrealrealrealreal",
        "AWS_SESSION_TOKEN": "real-session",
        "AWS_REGION": "eu-west-1",
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_ROLE_ARN": "arn:aws:iam::999999999999:role/real",
        "AWS_EC2_METADATA_SERVICE_ENDPOINT": address,
        "AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{address}/credentials",
        "HTTP_PROXY": address,
        "HTTPS_PROXY": address,
        "http_proxy": address,
        "https_proxy": address,
    }


SKIPPED = ("--skip-check", "hf-token")


def test_sandbox_commands_never_reach_the_account(tmp_path: Path, trap: Trap) -> None:
    """boto3, Terraform with its provider and S3 backend, and the sandbox's own start: none follows the shell."""
    folder = tmp_path / "d"
    with deployment(folder, "iso", account_shell(folder, trap.address)) as made:
        made.cli("install", "--yes", "--only", "state-bucket").ok()
        made.cli("install", "--plan").ok()  # Terraform with backend and provider
        made.cli("status").ok()
        assert listed(made, "bucket") == [made.names.state_bucket]
        assert made.aws("s3").get_bucket_location(Bucket=made.names.state_bucket)["LocationConstraint"] in (None, "us-east-1")
        requests = (made.workdir / "sandbox" / "requests.jsonl").read_text(encoding="utf-8").splitlines()
        assert {"boto3", "terraform"} <= {json.loads(line)["agent"] for line in requests}
        made.cli("cleanup", "--yes", "--sandbox", "--delete-data").ok()
    ours = [line for line in trap.heard if b"huggingface" not in line and b"registry" not in line and b"pypi" not in line]
    assert ours == []


def test_account_commands_never_reach_a_sandbox(tmp_path: Path, trap: Trap) -> None:
    """A shell that points everything at a local endpoint, as a sandbox user may have exported it; no credentials at all."""
    endpoints = {
        "AWS_ENDPOINT_URL": trap.address,
        "AWS_ENDPOINT_URL_S3": trap.address,
        "AWS_ENDPOINT_URL_STS": trap.address,
        "AWS_S3_ENDPOINT": trap.address,
        "TF_AWS_STS_ENDPOINT": trap.address,
        "AWS_EC2_METADATA_DISABLED": "true",
        "COSMOSCTL_YES": "1",
    }
    with deployment(tmp_path / "d", "iso", endpoints) as made:
        made.set("target: sandbox", "target: aws")
        for command in (["status"], ["plan"], ["install", "--yes"], ["cleanup", "--yes"], ["runs", "list"]):
            done = made.cli(*command, "-o", "json", timeout=60)
            assert (done.code, done.json["error"]["code"]) == (4, "no_credentials"), (command, done)
        assert not (made.workdir / "sandbox").exists()
    assert trap.heard == []


def test_account_credentials_still_never_use_a_sandbox_endpoint(tmp_path: Path, trap: Trap) -> None:
    """With keys the clients do call; they must call AWS (here a proxy that is closed), never the endpoint of the shell."""
    shell = {
        "AWS_ENDPOINT_URL": trap.address,
        "AWS_ENDPOINT_URL_STS": trap.address,
        "AWS_ACCESS_KEY_ID": "AKIAREALREALREALREAL",
        "AWS_SECRET_ACCESS_KEY": "real",
        "AWS_MAX_ATTEMPTS": "1",
        "HTTPS_PROXY": "http://127.0.0.1:9",
        "https_proxy": "http://127.0.0.1:9",
    }
    with deployment(tmp_path / "d", "iso", shell) as made:
        made.set("target: sandbox", "target: aws")
        done = made.cli("status", "-o", "json", timeout=120)
        assert done.code != 0
        assert done.json["error"]["code"] in {"aws_error", "no_credentials"}
    assert trap.heard == []


def test_two_deployments_side_by_side(tmp_path: Path) -> None:
    with ExitStack() as stack:
        one, two = (stack.enter_context(deployment(tmp_path / name, "two")) for name in ("one", "two"))
        for made in (one, two):
            made.cli("install", "--yes", "--only", "state-bucket").ok()
        assert one.record["port"] != two.record["port"]
        assert [listed(made, "bucket") for made in (one, two)] == [[one.names.state_bucket], [two.names.state_bucket]]
        one.cli("cleanup", "--yes", "--delete-data", "--sandbox").ok()
        assert listed(two, "bucket") == [two.names.state_bucket]
        assert two.cli("sandbox", "status", "-o", "json").ok().json["data"]["running"] is True
        _assert_same_folder_two_names(two)


def _assert_same_folder_two_names(made: Deployed) -> None:
    """Two names in one folder have a sandbox each."""
    other = f"{made.name}b"
    made.cli("sandbox", "start").ok()
    made.cli("install", "--yes", "--only", "state-bucket", "--set", f"name={other}").ok()
    second = json.loads((made.folder / ".cosmosctl" / other / "sandbox" / "sandbox.json").read_text(encoding="utf-8"))
    assert second["port"] != made.record["port"]
    assert everything(made).keys() == {"bucket"}
    assert listed(made, "bucket") == [made.names.state_bucket]
