"""`make bench`: every benchmark in a process of its own, one table, one JSON file. `python -m tests.benchmarks NAME` runs one."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.benchmarks._common import ROOT


def names() -> list[str]:
    return sorted(path.stem.removeprefix("bench_") for path in Path(__file__).parent.glob("bench_*.py"))


def run(name: str) -> dict[str, Any]:
    env = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    done = subprocess.run(
        [sys.executable, "-m", f"tests.benchmarks.bench_{name}"],
        cwd=ROOT,
        env={**env, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    try:
        body: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    except (ValueError, IndexError):
        body = {"benchmark": name, "ok": False, "limits": [], "figures": {}, "error": f"ended with status {done.returncode}"}
        print(f"| {name} | ended with status {done.returncode} | FAILED |", file=sys.stderr)
    return body


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks")
    parser.add_argument("name", nargs="*", help=f"one of: {', '.join(names())}")
    parser.add_argument("--json", type=Path, default=None)
    options = parser.parse_args()
    wanted = [name.replace("-", "_") for name in options.name] or names()
    print("| benchmark | measured | |\n|---|---|---|", file=sys.stderr)
    results = [run(name) for name in wanted]
    if options.json:
        options.json.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    return 0 if all(result["ok"] for result in results) else 1


if __name__ == "__main__":
    sys.exit(main())
