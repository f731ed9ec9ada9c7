"""What install.sh and the sandbox leave on the host: files and modes, sockets, processes; and what install.sh says when it cannot."""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import testinfra

from tests.support.cli import ROOT, Result
from tests.support.deployment import Deployed, alive, listed
from tests.support.installing import Environment, bare_env, clone, run

pytestmark = pytest.mark.xdist_group("e2e-host")
LISTEN = "0A"


@pytest.fixture(scope="module")
def host() -> Any:
    return testinfra.get_host("local://")


@dataclass(frozen=True)
class Installed:
    """A clone, installed twice from another folder by a shell without variables and with stdin closed."""

    checkout: Path
    work: Path
    first: Result
    second: Result
    environment: Environment

    @property
    def deployed(self) -> Deployed:
        return Deployed("newcomer", self.work)


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installed]:
    base = tmp_path_factory.mktemp("host")
    work, home = base / "elsewhere", base / "home"
    work.mkdir()
    home.mkdir()
    checkout, env = clone(base / "clone"), bare_env(home)
    command = ["bash", "-c", 'exec "$0" --no-deploy --name newcomer <&-', str(checkout / "install.sh")]
    first, second = (run(command, work, env).ok() for _ in range(2))
    environment = Environment(checkout / ".venv", env)
    yield Installed(checkout, work, first, second, environment)
    environment.cli("sandbox", "stop", "--all", cwd=work)


@pytest.fixture(scope="module")
def serving(installed: Installed) -> Installed:
    """The sandbox has been started by a command of the newcomer and holds a bucket."""
    installed.environment.cli("install", "--yes", "--only", "state-bucket", cwd=installed.work).ok()
    return installed


def test_install_ends_by_naming_the_next_command(installed: Installed) -> None:
    expected = f"next: {installed.environment.cosmosctl} install"
    assert installed.first.err.splitlines()[-1] == installed.second.err.splitlines()[-1] == expected
    assert "installing into" in installed.first.err
    assert "installing into" not in installed.second.err
    assert (installed.work / "cosmosctl.yaml").read_text(encoding="utf-8").count("name: newcomer") == 1


def test_install_leaves_a_program_and_nothing_in_home_or_checkout(installed: Installed, host: Any) -> None:
    program = host.file(installed.environment.cosmosctl)
    assert program.is_file
    assert program.mode & 0o111 == 0o111
    assert host.run(f"{installed.environment.cosmosctl} --version").stdout.startswith("cosmosctl ")
    assert host.run(f"git -C {installed.checkout} status --porcelain").stdout == ""
    left = [name for name in os.listdir(installed.environment.env["HOME"]) if name not in (".cache", ".local", ".config")]
    assert left == []


def test_bytecode_is_compiled(installed: Installed) -> None:
    assert list((installed.checkout / "cosmosctl" / "__pycache__").glob("entry.*.pyc"))


def test_nothing_is_writable_by_everybody(serving: Installed, host: Any) -> None:
    found = host.run(f"find {serving.checkout} {serving.work} ! -type l ! -path '*/.venv/.lock' -perm -0002")  # uv's own empty lock
    assert (found.rc, found.stdout) == (0, "")


@pytest.mark.parametrize("name", ["", "objects"])
def test_folders_of_the_sandbox_are_private(serving: Installed, host: Any, name: str) -> None:
    folder = host.file(str(serving.deployed.workdir / "sandbox" / name))
    assert folder.is_directory
    assert folder.mode == 0o700


def test_work_folder_is_private(serving: Installed, host: Any) -> None:
    assert host.file(str(serving.deployed.workdir)).mode == 0o700


def test_files_of_the_sandbox_are_private(serving: Installed, host: Any) -> None:
    folder = serving.deployed.workdir / "sandbox"
    assert {"sandbox.json", "requests.jsonl", "server.log"} <= {path.name for path in folder.iterdir()}
    modes = {path.name: oct(host.file(str(path)).mode) for path in folder.rglob("*") if path.is_file()}
    assert {name: mode for name, mode in modes.items() if mode != oct(0o600)} == {}


def test_sandbox_listens_on_loopback_only(serving: Installed) -> None:
    record = serving.deployed.record
    assert listening(int(record["pid"])) == {("127.0.0.1", int(record["port"]))}


def test_sandbox_is_detached_from_the_terminal(serving: Installed, host: Any) -> None:
    pid = int(serving.deployed.record["pid"])
    assert os.getsid(pid) == pid
    assert host.file(f"/proc/{pid}/fd/0").linked_to == "/dev/null"


def test_processes_are_gone_after_stop(serving: Installed, host: Any) -> None:
    pid = int(serving.deployed.record["pid"])
    serving.environment.cli("sandbox", "stop", cwd=serving.work).ok()
    assert not alive(pid)
    assert not host.file(str(serving.deployed.workdir / "sandbox" / "sandbox.json")).exists
    assert processes_of(serving.work) == []
    serving.environment.cli("sandbox", "start", cwd=serving.work).ok()
    assert listed(serving.deployed, "bucket") == [serving.deployed.names.state_bucket]  # its state came back
    serving.environment.cli("cleanup", "--yes", "--delete-data", "--sandbox", cwd=serving.work).ok()
    assert processes_of(serving.work) == []


def listening(pid: int) -> set[tuple[str, int]]:
    """Addresses on which a process listens, read from the kernel's tables."""
    inodes = {os.readlink(entry) for entry in Path(f"/proc/{pid}/fd").iterdir() if entry.is_symlink()}
    found = set()
    for table in ("tcp", "tcp6"):
        for row in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]:
            words = row.split()
            if words[3] == LISTEN and f"socket:[{words[9]}]" in inodes:
                address, port = words[1].split(":")
                octets = ".".join(str(byte) for byte in reversed(bytes.fromhex(address[-8:]))) if table == "tcp" else f"ipv6 {address}"
                found.add((octets, int(port, 16)))
    return found


def processes_of(folder: Path, limit_s: float = 5) -> list[str]:
    """Command lines of processes that work below the folder; ending ones have a moment."""
    end = time.monotonic() + limit_s
    while (found := _processes_of(folder)) and time.monotonic() < end:
        time.sleep(0.1)
    return found


def _processes_of(folder: Path) -> list[str]:
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if os.readlink(entry / "cwd").startswith(str(folder)):
                found.append((entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace"))
        except OSError:
            continue
    return found


# --- what cannot work ----------------------------------------------------------------------------------------------------


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """A folder with install.sh alone, and `tools` with what a shell needs but neither Python nor Terraform."""
    shutil.copy(ROOT / "install.sh", tmp_path / "install.sh")
    (tmp_path / "tools").mkdir()
    for tool in ("bash", "dirname", "cat", "sed", "env"):
        (tmp_path / "tools" / tool).symlink_to(shutil.which(tool) or "")
    return tmp_path


def program(folder: Path, name: str, text: str) -> None:
    path = folder / "tools" / name
    path.write_text(f"#!/usr/bin/env bash\n{text}\n")
    path.chmod(0o755)


def install(folder: Path, *args: str, **env: str) -> Result:
    return run(
        [str(folder / "tools" / "bash"), str(folder / "install.sh"), *args], folder, {**bare_env(folder, str(folder / "tools")), **env}
    )


def assert_refused(result: Result, folder: Path, code: int, *words: str) -> None:
    assert result.code == code, result
    assert all(word in result.err for word in words), result.err
    assert "hint: " in result.err
    assert result.out == ""
    assert "next:" not in result.err
    assert not (folder / ".venv").exists()
    assert not (folder / "cosmosctl.yaml").exists()


def test_missing_python(bare: Path) -> None:
    assert_refused(install(bare), bare, 4, "error[tool_missing]", "Python 3.11 or newer was not found")


def test_old_python(bare: Path) -> None:
    program(bare, "python3", "exit 1")  # what the version test gives on 3.10
    assert_refused(install(bare), bare, 4, "Python 3.11 or newer was not found", "COSMOSCTL_PYTHON=")


def test_missing_terraform(bare: Path) -> None:
    assert_refused(install(bare, COSMOSCTL_PYTHON=sys.executable), bare, 4, "error[tool_missing]", "Terraform was not found")


@pytest.mark.parametrize("version", ["1.5.0", "1.9.8", "0.15.5"])
def test_old_terraform(bare: Path, version: str) -> None:
    program(bare, "terraform", f"echo 'Terraform v{version}'")
    assert_refused(install(bare, COSMOSCTL_PYTHON=sys.executable), bare, 4, f"Terraform {version} is too old", "1.10")


def test_broken_terraform(bare: Path) -> None:
    program(bare, "terraform", "echo 'cannot execute' >&2; exit 126")
    assert_refused(install(bare, COSMOSCTL_PYTHON=sys.executable), bare, 4, "too old")


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["--fast"], "unknown option --fast"),
        (["--target", "azure"], "'azure'"),
        (["--target=azure"], "'azure'"),
        (["--region"], "--region needs a value"),
        (["extra"], "unknown option extra"),
    ],
    ids=lambda value: value if isinstance(value, str) else " ".join(value),
)
def test_wrong_options(bare: Path, args: list[str], words: str) -> None:
    assert_refused(install(bare, *args), bare, 2, "error[usage]", words)


def test_dependencies_that_cannot_be_installed(bare: Path) -> None:
    """Neither uv nor pip can, so nothing says that it is installed."""
    program(bare, "terraform", "echo 'Terraform v1.11.4'")
    (bare / "requirements").mkdir()
    (bare / "requirements" / "sandbox.txt").write_text(f"cosmosctl-absent==1.0 --hash=sha256:{'0' * 64}\n")
    (bare / "pyproject.toml").write_text('[project]\nname = "x"\nversion = "1"\n')
    result = install(bare, COSMOSCTL_PYTHON=sys.executable, PIP_NO_INDEX="1", UV_OFFLINE="1")
    assert result.code == 4
    assert "the dependencies could not be installed" in result.err
    assert "next:" not in result.err + result.out
    assert not (bare / ".venv" / ".cosmosctl-stamp").exists()


def test_a_failed_install_prints_no_success(installed: Installed, tmp_path: Path) -> None:
    """A configuration that is refused: its exit status and error come through, the next command does not."""
    (tmp_path / "cosmosctl.yaml").write_text("version: 1\nname: newcomer\nbatch: {pools: {gpu48: {instance_types: [m5.large]}}}\n")
    result = run([str(installed.checkout / "install.sh")], tmp_path, installed.environment.env)
    assert result.code == 3, result
    assert "error[" in result.err
    assert "next:" not in result.out
    assert "is installed" not in result.out + result.err
    assert not (tmp_path / ".cosmosctl").exists()
