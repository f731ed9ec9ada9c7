"""Start of the command line against the AWS CLI in the same run, and an offline command on a 200-line configuration."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.benchmarks._common import ROOT, Limit, Report, timed

REPEAT = 9


def script(name: str) -> str:
    """A console script of this environment."""
    return str(Path(sys.executable).with_name(name))


def seconds(argv: Sequence[str], cwd: Path) -> float:
    env = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    env |= {"PYTHONPATH": str(ROOT), "HOME": str(cwd)}
    subprocess.run(argv, cwd=cwd, env=env, check=True, capture_output=True)  # bytecode and page cache are warm for both
    return timed(lambda: subprocess.run(argv, cwd=cwd, env=env, check=True, capture_output=True), REPEAT)


def large_config() -> str:
    """About 200 lines: as many pools as a deployment may have, each on its own lines."""
    lines = ["version: 1", "name: bench", "target: sandbox", "tags:", *(f"  key-{n}: value" for n in range(40)), "batch:", "  pools:"]
    for number in range(24):
        lines += [
            f"    pool-{number}:", "      instance_types: [g6e.2xlarge]", "      max_vcpus: 8", "      purchase: spot-first",
            "      warm_instances: 0", "      disk_gib: 300",
        ]  # fmt: skip
    return "\n".join(lines) + "\n"


def main() -> int:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "cosmosctl.yaml").write_text(large_config(), encoding="utf-8")
        ours, aws = script("cosmosctl"), script("aws")
        version, aws_version = seconds([ours, "--version"], folder), seconds([aws, "--version"], folder)
        help_, aws_help = seconds([ours, "--help"], folder), seconds([aws, "help"], folder)
        validate = seconds([ours, "config", "validate"], folder)
    figures = {
        "version": version,
        "aws_version": aws_version,
        "help": help_,
        "aws_help": aws_help,
        "validate": validate,
        "config_lines": large_config().count("\n"),
    }
    limits = [
        Limit("--version / aws --version", version / aws_version, 1 / 6),
        Limit("--version", version, 0.03, "s"),
        Limit("--help / aws help", help_ / aws_help, 1 / 3),
        Limit("--help", help_, 0.12, "s"),
        Limit("validate 200 lines", validate, 0.35, "s"),
    ]
    return Report("start-up", limits, figures).finish()


if __name__ == "__main__":
    sys.exit(main())
