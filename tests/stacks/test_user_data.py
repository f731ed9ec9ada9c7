"""What a new host runs: rendered by Terraform, parsed as cloud-init would, executed against pretended disks."""

from __future__ import annotations

import email
import os
import subprocess
from pathlib import Path

import pytest

from tests.stacks.terraform import Terraform

TEMPLATE = "modules/batch_pool/templates/user_data.mime.tftpl"
PREFIX = "nvme-Amazon_EC2_NVMe_Instance_Storage_"


@pytest.fixture(scope="module")
def script(terraform: Terraform, tmp_path_factory: pytest.TempPathFactory, infra: Path) -> str:
    """The shell part, with /scratch as the folder."""
    folder = tmp_path_factory.mktemp("user_data")
    (folder / "main.tf").write_text(
        f'output "text" {{\n  value = templatefile("{infra / TEMPLATE}", {{ scratch_dir = "/scratch" }})\n}}\n', encoding="utf-8"
    )
    terraform.run(folder, "apply", "-auto-approve", "-no-color")
    message = email.message_from_string(terraform.run(folder, "output", "-raw", "text").stdout)
    assert message.get_content_type() == "multipart/mixed", "Batch merges its own part into multipart user data only"
    assert not message.defects
    (part,) = [item for item in message.walk() if not item.is_multipart()]
    assert part.get_content_type() == "text/x-shellscript"
    text = part.get_payload()
    assert isinstance(text, str)
    return text


class Host:
    """A folder that stands for a host: its disks, and programs that only write down how they were called."""

    def __init__(self, root: Path, disks: int, programs: tuple[str, ...]) -> None:
        self.root, self.log, self.scratch, self.links = root, root / "calls", root / "scratch", root / "by-id"
        self.links.mkdir()
        (root / "bin").mkdir()
        for number in range(disks):
            (root / f"nvme{number}n1").touch()
            for name in (f"{PREFIX}AWS{number}", f"{PREFIX}AWS{number}_1"):  # udev makes two links for each disk
                (self.links / name).symlink_to(root / f"nvme{number}n1")
        (self.links / "nvme-Amazon_Elastic_Block_Store_vol1").symlink_to(root / "xvda")
        for name in ("mkfs.xfs", "mount", "chown", *programs):
            self.program(name)
        self.program("mountpoint", 1)
        if "dnf" not in programs:
            self.program("dnf", 1)

    def program(self, name: str, status: int = 0) -> None:
        path = self.root / "bin" / name
        path.write_text(f'#!/bin/sh\necho "{name} $@" >> {self.log}\nexit {status}\n', encoding="utf-8")
        path.chmod(0o755)

    def boot(self, script: str) -> list[str]:
        text = script.replace("/dev/disk/by-id", str(self.links)).replace("'/scratch'", f"'{self.scratch}'")
        for name in ("mkdir", "readlink", "chmod"):  # the real ones, and nothing else of this machine
            if not (self.root / "bin" / name).exists():
                (self.root / "bin" / name).symlink_to(
                    next(Path(item) / name for item in ("/usr/bin", "/bin") if (Path(item) / name).exists())
                )
        done = subprocess.run(
            ["/bin/bash", "-c", text],
            env={"PATH": str(self.root / "bin"), "HOME": str(self.root)},
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
        assert done.returncode == 0, f"a boot must not fail: {done.stdout}{done.stderr}"
        assert self.scratch.is_dir()
        return [line.replace(str(self.root), "") for line in self.log.read_text(encoding="utf-8").splitlines()]


def test_the_rendered_script_is_bash_without_left_over_tokens(script: str) -> None:
    assert script.lstrip().startswith("#!/bin/bash")
    assert subprocess.run(["bash", "-n"], input=script, text=True, check=False).returncode == 0
    assert "$${" not in script
    assert "Token[" not in script


def test_without_instance_store_scratch_stays_on_the_root_volume(script: str, tmp_path: Path) -> None:
    assert Host(tmp_path, 0, ()).boot(script) == ["chown 1000:1000 /scratch"]


def test_one_disk_is_formatted_and_mounted(script: str, tmp_path: Path) -> None:
    calls = Host(tmp_path, 1, ("mdadm",)).boot(script)
    assert calls == [
        "mountpoint -q /scratch",
        "mkfs.xfs -f -q /nvme0n1",
        "mount -o noatime,discard /nvme0n1 /scratch",
        "chown 1000:1000 /scratch",
    ]


def test_several_disks_become_one(script: str, tmp_path: Path) -> None:
    calls = Host(tmp_path, 2, ("mdadm",)).boot(script)
    assert calls[0].startswith("mdadm --create /dev/md0 --run --level=0 --raid-devices=2 ")
    assert sorted(calls[0].split()[-2:]) == ["/nvme0n1", "/nvme1n1"]
    assert "mount -o noatime,discard /dev/md0 /scratch" in calls


def test_several_disks_without_mdadm_use_one(script: str, tmp_path: Path) -> None:
    calls = Host(tmp_path, 2, ()).boot(script)
    assert calls[0] == "dnf install -y -q mdadm"
    assert any(call.startswith("mount -o noatime,discard /nvme") for call in calls)


def test_a_disk_that_cannot_be_formatted_does_not_stop_the_boot(script: str, tmp_path: Path) -> None:
    host = Host(tmp_path, 1, ())
    host.program("mkfs.xfs", 1)
    calls = host.boot(script)
    assert not [call for call in calls if call.startswith("mount ")]
    assert calls[-1] == "chown 1000:1000 /scratch"
    assert os.stat(host.scratch).st_mode & 0o777 == 0o770
