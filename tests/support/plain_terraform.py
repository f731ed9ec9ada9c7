"""Terraform as a user would run it by hand on a deployment's stacks, without any of our own code in between."""

from __future__ import annotations

import os
import subprocess

from tests.support.deployment import REGION, Deployed


def terraform(made: Deployed, stack: str, *args: str) -> subprocess.CompletedProcess[str]:
    source = "model_batch" if stack.startswith("model-") else stack
    folder = made.workdir / "tf-src" / stack / "stacks" / source
    env = {
        "PATH": os.environ["PATH"], "HOME": str(made.folder), "CHECKPOINT_DISABLE": "1", "TF_INPUT": "0",
        "TF_DATA_DIR": str(made.workdir / "tf" / stack), "TF_CLI_CONFIG_FILE": str(made.workdir / "tf" / "terraform.rc"),
        "AWS_ENDPOINT_URL": str(made.record["endpoint"]), "AWS_REGION": REGION, "AWS_ACCESS_KEY_ID": "sandbox",
        "AWS_SECRET_ACCESS_KEY": "sandbox", "AWS_EC2_METADATA_DISABLED": "true",
    }  # fmt: skip
    return subprocess.run(
        ["terraform", *args], cwd=folder, env=env, capture_output=True, text=True, timeout=300, check=False, stdin=subprocess.DEVNULL
    )


def assert_no_changes(made: Deployed, stack: str) -> None:
    tfvars = made.workdir / "rendered" / f"{stack}.tfvars.json"
    done = terraform(made, stack, "plan", "-detailed-exitcode", "-no-color", f"-var-file={tfvars}")
    assert done.returncode == 0, f"{stack}: exit {done.returncode} (2 means changes)\n{done.stdout[-4000:]}\n{done.stderr[-2000:]}"
