"""Installs the product as a newcomer does: from a fresh clone with install.sh, or from a wheel, outside this checkout."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.support.cli import ROOT, Result

# How this machine reaches its package index; nothing else of the shell is passed on.
INDEX_PREFIXES = ("UV_", "PIP_")
INDEX_NAMES = ("SSL_CERT_FILE", "SSL_CERT_DIR", "HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy")


def bare_env(home: Path, path: str = "") -> dict[str, str]:
    """`env -i` with PATH, HOME and the way to the package index; a warm package cache is used."""
    env = {key: value for key, value in os.environ.items() if key in INDEX_NAMES or key.startswith(INDEX_PREFIXES)}
    cache = Path.home() / ".cache" / "uv"
    if cache.is_dir():
        env.setdefault("UV_CACHE_DIR", str(cache))
    return {**env, "PATH": path or os.environ["PATH"], "HOME": str(home), "LANG": "C.UTF-8"}


def clone(folder: Path) -> Path:
    subprocess.run(["git", "clone", "-q", "--no-hardlinks", str(ROOT), str(folder)], check=True, timeout=120)
    return folder


def run(argv: list[str], cwd: Path, env: Mapping[str, str], timeout: float = 600) -> Result:
    done = subprocess.run(
        argv, cwd=cwd, env=dict(env), stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=timeout, check=False
    )
    return Result(done.returncode, done.stdout, done.stderr)


@dataclass(frozen=True)
class Environment:
    """A virtual environment made for a test."""

    folder: Path
    env: Mapping[str, str]

    @property
    def cosmosctl(self) -> str:
        return str(self.folder / "bin" / "cosmosctl")

    def cli(self, *args: str, cwd: Path, timeout: float = 600) -> Result:
        return run([self.cosmosctl, *args], cwd, self.env, timeout)


def from_wheel(wheel: Path, folder: Path, env: Mapping[str, str]) -> Environment:
    """Locked requirements with their hashes, then the wheel alone."""
    python, requirements = str(folder / "bin" / "python"), str(ROOT / "requirements" / "sandbox.txt")
    if shutil.which("uv"):
        make = ["uv", "venv", "-q", "--python", sys.executable, str(folder)]
        add = ["uv", "pip", "install", "-q", "--python", python]
        env = {**env, "UV_SYSTEM_CERTS": "1", "UV_NATIVE_TLS": "1"}
    else:
        make = [sys.executable, "-m", "venv", str(folder)]
        add = [python, "-m", "pip", "install", "-q", "--disable-pip-version-check"]
    for argv in (make, [*add, "--require-hashes", "-r", requirements], [*add, "--no-deps", str(wheel)]):
        run(argv, ROOT.parent, env).ok()
    return Environment(folder, env)
