"""The server as a process: one per folder, found again, gone when stopped, and no trouble for its neighbour."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from cosmosctl.adapters import sandbox_process
from cosmosctl.adapters.environment import clean, with_package
from cosmosctl.adapters.sandbox_control import SandboxControl
from cosmosctl.adapters.session import SandboxSession
from cosmosctl.errors import CosmosctlError

from .conftest import REGION, kill


def test_start_adopt_stop_and_stop_again(own_folder: Path) -> None:
    first = sandbox_process.ensure_started(own_folder)
    assert sandbox_process.ensure_started(own_folder) == first
    pid = sandbox_process.status(own_folder)["pid"]
    assert sandbox_process.stop(own_folder) is True
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    assert not (own_folder / "sandbox.json").exists()
    assert sandbox_process.stop(own_folder) is False
    assert sandbox_process.status(own_folder)["running"] is False


def test_callers_at_once_share_one_server(own_folder: Path) -> None:
    found: list[str] = []
    threads = [threading.Thread(target=lambda: found.append(sandbox_process.ensure_started(own_folder))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4
    assert len(set(found)) == 1


def test_a_second_server_of_a_folder_refuses_to_run(own_folder: Path) -> None:
    sandbox_process.ensure_started(own_folder)
    argv = [sys.executable, "-m", "cosmosctl.sandbox", "serve", "--state-dir", str(own_folder)]
    second = subprocess.run(argv, env=with_package(clean(os.environ)), capture_output=True, text=True, timeout=60, check=False)
    assert second.returncode == 1
    assert "another process serves" in second.stderr


def test_a_stale_record_is_replaced_even_if_its_pid_and_port_live(own_folder: Path, endpoint: str) -> None:
    """The record points at a living process and at another sandbox's port: only the token tells them apart."""
    own_folder.mkdir()
    record = {"pid": os.getpid(), "endpoint": endpoint, "token": "of-a-dead-server", "port": 1}
    (own_folder / "sandbox.json").write_text(json.dumps(record))
    assert sandbox_process.running(own_folder) == ""
    fresh = sandbox_process.ensure_started(own_folder)
    assert fresh != endpoint
    assert SandboxControl(endpoint).health()["ok"]


def test_killed_server_is_noticed_and_started_again(own_folder: Path) -> None:
    sandbox_process.ensure_started(own_folder)
    kill(own_folder)
    assert sandbox_process.running(own_folder) == ""
    assert sandbox_process.status(own_folder)["running"] is False
    with pytest.raises(CosmosctlError) as caught:
        sandbox_process.control(own_folder)
    assert caught.value.code == "sandbox_failed"
    assert sandbox_process.ensure_started(own_folder)


def test_two_deployments_do_not_disturb_each_other(own_folder: Path, endpoint: str) -> None:
    other = SandboxSession(sandbox_process.ensure_started(own_folder), REGION)
    one = SandboxSession(endpoint, REGION)
    where = {"LocationConstraint": REGION}
    one.client("s3").create_bucket(Bucket="same-name-in-both", CreateBucketConfiguration=where)
    other.client("s3").create_bucket(Bucket="same-name-in-both", CreateBucketConfiguration=where)
    other.client("s3").put_object(Bucket="same-name-in-both", Key="k", Body=b"other")
    assert one.client("s3").list_objects_v2(Bucket="same-name-in-both")["KeyCount"] == 0
    sandbox_process.reset(own_folder)
    assert "same-name-in-both" in [item["Name"] for item in one.client("s3").list_buckets()["Buckets"]]
    sandbox_process.stop(own_folder)
    assert one.client("sts").get_caller_identity()["Account"]
    one.close()
    other.close()


def test_only_the_loopback_listens(endpoint: str) -> None:
    port = f"{int(endpoint.rpartition(':')[2]):04X}"
    local = []
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        lines = Path(table).read_text(encoding="ascii").splitlines()[1:] if Path(table).exists() else []
        local += [fields[1] for fields in map(str.split, lines) if fields[1].endswith(f":{port}") and fields[3] == "0A"]
    assert local == [f"0100007F:{port}"]


def test_files_are_the_owners_alone(own_folder: Path) -> None:
    s3 = SandboxSession(sandbox_process.ensure_started(own_folder), REGION).client("s3")
    s3.create_bucket(Bucket="bucket", CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_object(Bucket="bucket", Key="large", Body=b"x" * 100_000)
    sandbox_process.save(own_folder)
    assert stat.S_IMODE(own_folder.stat().st_mode) == 0o700
    seen = {path.relative_to(own_folder).parts[0] for path in own_folder.rglob("*")}
    assert {"sandbox.json", "requests.jsonl", "server.log", "objects"} <= seen
    for path in own_folder.rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path


def test_missing_moto_has_a_hint(own_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox_process.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(CosmosctlError) as caught:
        sandbox_process.ensure_started(own_folder)
    assert (caught.value.code, caught.value.hint) == ("tool_missing", "pip install 'cosmosctl[sandbox]'")
    assert not own_folder.exists()


def test_state_of_other_versions_is_refused_and_kept(own_folder: Path) -> None:
    session = SandboxSession(sandbox_process.ensure_started(own_folder), REGION)
    session.client("iam").create_role(RoleName="r", AssumeRolePolicyDocument='{"Version":"2012-10-17","Statement":[]}')
    sandbox_process.stop(own_folder)
    path = own_folder / "state.snapshot"
    changed = path.read_bytes().replace(b'"moto": "', b'"moto": "0.', 1)
    path.write_bytes(changed)
    with pytest.raises(CosmosctlError) as caught:
        sandbox_process.ensure_started(own_folder)
    assert caught.value.code == "sandbox_failed"
    assert "written by moto 0." in caught.value.detail
    assert "reset" in caught.value.hint
    assert path.read_bytes() == changed
    sandbox_process.reset(own_folder)
    assert sandbox_process.ensure_started(own_folder)


def test_unwritable_folder_is_explained(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(CosmosctlError) as caught:
        sandbox_process.ensure_started(tmp_path / "file" / "sandbox")
    assert caught.value.code == "workdir_unwritable"


def test_parent_imports_neither_moto_nor_the_sandbox(own_folder: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from cosmosctl.adapters import sandbox_process as p; f = Path(sys.argv[1]);"
        "p.ensure_started(f); p.stop(f);"
        "print([n for n in sys.modules if n.split('.')[0] in ('moto', 'boto3', 'flask') or n.startswith('cosmosctl.sandbox')])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(own_folder)],
        env=with_package(clean(os.environ)),
        capture_output=True,
        text=True,
        timeout=90,
        check=True,
    )
    assert done.stdout.strip() == "[]"


def test_server_gets_nothing_of_the_shell(own_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "real-profile")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "real-token")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    sandbox_process.ensure_started(own_folder)
    pid = sandbox_process.status(own_folder)["pid"]
    environment = Path(f"/proc/{pid}/environ").read_text(encoding="utf-8")
    assert "real-" not in environment
    assert "PROXY" not in environment


def test_sigterm_saves_and_leaves(own_folder: Path) -> None:
    session = SandboxSession(sandbox_process.ensure_started(own_folder), REGION)
    session.client("ec2").create_vpc(CidrBlock="10.77.0.0/16")
    pid = sandbox_process.status(own_folder)["pid"]
    os.kill(pid, 15)
    deadline = time.monotonic() + 20
    while sandbox_process._alive(pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not (own_folder / "sandbox.json").exists()
    again = SandboxSession(sandbox_process.ensure_started(own_folder), REGION)
    assert "10.77.0.0/16" in [vpc["CidrBlock"] for vpc in again.client("ec2").describe_vpcs()["Vpcs"]]


def test_web_pages_are_kept_out(endpoint: str) -> None:
    for path in ("/_sandbox/status", "/"):
        request = urllib.request.Request(f"{endpoint}{path}", headers={"Origin": "https://example.com"})
        with pytest.raises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(request, timeout=10)
        assert caught.value.code == 403
        assert "Access-Control-Allow-Origin" not in caught.value.headers
        caught.value.close()
