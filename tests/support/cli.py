"""The command line as a user meets it: a subprocess with a clean environment, its status, stdout, stderr and JSON."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
KEPT = ("PATH", "LANG", "TMPDIR", "SSL_CERT_FILE")


@dataclass(frozen=True)
class Result:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    def ok(self) -> Result:
        assert self.code == 0, f"exit {self.code}\n--- stdout\n{self.out}\n--- stderr\n{self.err}"
        return self


def clean_env(home: Path, extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """What a newcomer's shell has, and nothing of this machine's AWS or Terraform settings."""
    env = {key: os.environ[key] for key in KEPT if key in os.environ}
    return {**env, "HOME": str(home), "PYTHONPATH": str(ROOT), "NO_COLOR": "1", "COLUMNS": "120", **(extra or {})}


def start_cli(*args: str, cwd: Path, env: Mapping[str, str] | None = None) -> subprocess.Popen[str]:
    """The CLI in its own process group, stdin closed."""
    return subprocess.Popen(
        [sys.executable, "-m", "cosmosctl", *args],
        cwd=cwd,
        env=clean_env(cwd, env),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def run_cli(*args: str, cwd: Path, env: Mapping[str, str] | None = None, timeout: float = 600) -> Result:
    process = start_cli(*args, cwd=cwd, env=env)
    try:
        out, err = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        out, err = process.communicate()
        raise AssertionError(f"cosmosctl {' '.join(args)} did not end in {timeout} s\n{out}\n{err}") from None
    return Result(process.returncode, out, err)
