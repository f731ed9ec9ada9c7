"""install + cleanup against bare `terraform init`, `apply` and `destroy` of the same stacks with the same variables.

Both on a fresh embedded AWS; nearly all of the time is waits inside the AWS provider. What cosmosctl adds is checks,
journal, verification and the proof that nothing is left.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from cosmosctl.adapters.terraform_home import find_mirror, write_cli_config
from tests.benchmarks._common import ROOT, Limit, Report
from tests.support.cli import clean_env
from tests.support.deployment import Deployed, deployment

STACKS = ("foundation", "batch")
LIMIT = 1.15


def ours(made: Deployed) -> tuple[float, float, dict[str, Any]]:
    """Seconds of install and of cleanup, and the variables that the stacks had."""
    began = time.perf_counter()
    made.cli("install", "--yes").ok()
    installed = time.perf_counter()
    variables = {stack: json.loads((made.workdir / "rendered" / f"{stack}.tfvars.json").read_text()) for stack in STACKS}
    middle = time.perf_counter()
    made.cli("cleanup", "--yes", "--delete-data").ok()
    return installed - began, time.perf_counter() - middle, variables


def bare(made: Deployed, variables: dict[str, Any], folder: Path) -> tuple[float, float]:
    """The same with nothing but Terraform. The second stack's ids come from the first one's output, as a shell script would do."""
    made.cli("sandbox", "start").ok()
    made.aws("s3").create_bucket(Bucket="bare-state")
    shutil.copytree(ROOT / "infra", folder / "infra", ignore=shutil.ignore_patterns(".terraform*", "tests"))
    env = clean_env(folder) | {
        "AWS_ENDPOINT_URL": str(made.record["endpoint"]),
        "AWS_ACCESS_KEY_ID": "sandbox",
        "AWS_SECRET_ACCESS_KEY": "sandbox",
    }
    env |= {"AWS_REGION": "us-east-1", "AWS_EC2_METADATA_DISABLED": "true", "TF_IN_AUTOMATION": "1", "CHECKPOINT_DISABLE": "1"}
    env["TF_CLI_CONFIG_FILE"] = str(write_cli_config(folder / "terraform.rc", find_mirror("", Path.home()), env))

    def terraform(stack: str, *words: str) -> str:
        argv = ["terraform", f"-chdir={folder / 'infra' / 'stacks' / stack}", *words]
        return subprocess.run(argv, env=env, check=True, capture_output=True, text=True).stdout

    began = time.perf_counter()
    foundation: dict[str, Any] = {}
    for stack in STACKS:
        values = _rewired(variables[stack], variables["foundation"], foundation)
        (folder / f"{stack}.tfvars.json").write_text(json.dumps(values))
        backend = {"bucket": "bare-state", "key": stack, "region": "us-east-1", "use_lockfile": "true", "use_path_style": "true"}
        terraform(stack, "init", "-input=false", *(f"-backend-config={key}={value}" for key, value in backend.items()))
        terraform(stack, "apply", "-input=false", "-auto-approve", "-parallelism=30", f"-var-file={folder / f'{stack}.tfvars.json'}")
        if stack == "foundation":
            foundation = json.loads(terraform(stack, "output", "-json"))["contract"]["value"]
    applied = time.perf_counter()
    for stack in reversed(STACKS):
        terraform(stack, "destroy", "-input=false", "-auto-approve", "-parallelism=30", f"-var-file={folder / f'{stack}.tfvars.json'}")
    return applied - began, time.perf_counter() - applied


def _rewired(values: dict[str, Any], old: dict[str, Any], contract: dict[str, Any]) -> dict[str, Any]:
    """Values that name the first deployment's foundation name this one's; the rest is the same."""
    wired = {key: contract[key] for key in values if key in contract and key not in old}
    return {**values, **wired}


def main() -> int:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with deployment(folder / "ours", "bench") as made:
            install, cleanup, variables = ours(made)
        with deployment(folder / "bare", "bare") as made:
            apply, destroy = bare(made, variables, folder)
    figures = {"install": install, "cleanup": cleanup, "terraform_apply": apply, "terraform_destroy": destroy}
    return Report("install + cleanup", [Limit("share of bare terraform", (install + cleanup) / (apply + destroy), LIMIT)], figures).finish()


if __name__ == "__main__":
    sys.exit(main())
