"""Runs real Terraform for tests: finds the provider, works in copies, never in the source tree."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
INFRA = ROOT / "infra"
HOST = "registry.terraform.io"
PROVIDER = f"{HOST}/hashicorp/aws/5.100.0"
MODULES = sorted(path.name for path in (INFRA / "modules").iterdir() if path.is_dir())
STACKS = sorted(path.name for path in (INFRA / "stacks").iterdir() if path.is_dir())


def _prefixes() -> list[Path]:
    named = [Path(item) for item in (os.environ.get("COSMOSCTL_PLUGIN_MIRROR", ""), os.environ.get("TF_PLUGIN_CACHE_DIR", "")) if item]
    usual = [Path("/usr/share/terraform/plugins"), Path("/usr/local/share/terraform/plugins"), Path.home() / ".terraform.d" / "plugins"]
    return [*named, *usual, *sorted(Path("/opt").glob("*")), *sorted(Path("/opt").glob("*/*"))]


@cache
def missing() -> str:
    """Why no Terraform test can run here; empty when it can."""
    if shutil.which("terraform") is None:
        return "terraform is not on PATH"
    return "" if mirror() else f"no provider mirror with {PROVIDER} below /opt, /usr/share/terraform/plugins or ~/.terraform.d/plugins"


@cache
def mirror() -> Path | None:
    return next((prefix for prefix in _prefixes() if (prefix / PROVIDER).is_dir()), None)


@dataclass(frozen=True)
class Terraform:
    """Terraform with a configuration file of its own and no credentials of the user's."""

    home: Path

    def environment(self, **more: str) -> dict[str, str]:
        config = self.home / "terraform.rc"
        if not config.exists():
            config.write_text(f'provider_installation {{\n  filesystem_mirror {{\n    path = "{mirror()}"\n  }}\n}}\n', encoding="utf-8")
        kept = {key: value for key, value in os.environ.items() if not key.startswith(("AWS_", "TF_"))}
        return {
            **kept,
            "TF_CLI_CONFIG_FILE": str(config),
            "CHECKPOINT_DISABLE": "1",
            "TF_IN_AUTOMATION": "1",
            "TF_INPUT": "0",
            "AWS_ACCESS_KEY_ID": "sandbox",
            "AWS_SECRET_ACCESS_KEY": "sandbox",
            "AWS_REGION": "us-east-1",
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": "/dev/null",
            "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
            **more,
        }

    def run(self, folder: Path, *arguments: str, ok: tuple[int, ...] = (0,), **environment: str) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            ["terraform", f"-chdir={folder}", *arguments],
            env=self.environment(**environment),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )
        assert done.returncode in ok, (
            f"terraform {' '.join(arguments)} in {folder.name}: {done.returncode}\n{done.stdout[-6000:]}\n{done.stderr[-6000:]}"
        )
        return done

    def copy(self, name: str) -> Path:
        """A copy of infra/ to work in."""
        target = self.home / name
        shutil.copytree(INFRA, target, ignore=shutil.ignore_patterns(".terraform", ".terraform.lock.hcl"))
        return target

    def planned(self, folder: Path) -> dict[str, Any]:
        """The plan of a root as JSON."""
        self.run(folder, "init", "-no-color")
        self.run(folder, "plan", "-no-color", "-out=plan")
        return dict(json.loads(self.run(folder, "show", "-json", "plan").stdout))
