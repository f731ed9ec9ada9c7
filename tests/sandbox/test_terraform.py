"""Real Terraform against the sandbox: apply, kill -9, and the plan afterwards still says "No changes"."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from cosmosctl.adapters import sandbox_process
from cosmosctl.adapters.session import SandboxSession
from cosmosctl.adapters.terraform_home import find_mirror, write_cli_config

from .conftest import REGION, kill

ROOT = """
terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "= 5.100.0"
    }
  }
  backend "s3" {}
}

provider "aws" {
  region            = "us-west-2"
  s3_use_path_style = true
  max_retries       = 2
  default_tags {
    tags = { deployment = "t" }
  }
}

resource "aws_vpc" "this" {
  cidr_block = "10.0.0.0/16"
}

resource "aws_security_group" "this" {
  name        = "hosts"
  description = "Hosts"
  vpc_id      = aws_vpc.this.id
}

resource "aws_vpc_security_group_ingress_rule" "self" {
  security_group_id            = aws_security_group.this.id
  referenced_security_group_id = aws_security_group.this.id
  description                  = "Among themselves"
  ip_protocol                  = "tcp"
  from_port                    = 443
  to_port                      = 443
}

resource "aws_launch_template" "this" {
  name          = "hosts"
  instance_type = "g6e.xlarge"
  tag_specifications {
    resource_type = "instance"
    tags          = { Name = "host" }
  }
}

resource "aws_iam_role" "this" {
  name = "job"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ecs-tasks.amazonaws.com" } }]
  })
}

resource "aws_s3_bucket" "this" {
  bucket        = "terraform-made-bucket"
  force_destroy = true
}

resource "aws_s3_bucket_policy" "this" {
  bucket = aws_s3_bucket.this.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Deny", Action = "s3:*", Principal = "*", Resource = "${aws_s3_bucket.this.arn}/*"
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }]
  })
}

data "aws_servicequotas_service_quota" "gpu" {
  service_code = "ec2"
  quota_code   = "L-DB2E81BA"
}
"""


@pytest.fixture
def mirror() -> Path:
    found = find_mirror("", Path.home())
    if shutil.which("terraform") is None or found is None:
        pytest.skip("needs terraform and a provider mirror")
    return found


class Terraform:
    def __init__(self, folder: Path, mirror: Path) -> None:
        self.folder = folder
        self.config = write_cli_config(folder / "cli.tfrc", mirror, {})
        (folder / "main.tf").write_text(ROOT)

    def run(self, session: SandboxSession, *arguments: str, expect: int = 0) -> str:
        environment = {**session.subprocess_env(), "TF_CLI_CONFIG_FILE": str(self.config), "TF_IN_AUTOMATION": "1"}
        argv = ["terraform", f"-chdir={self.folder}", *arguments]
        done = subprocess.run(argv, env=environment, capture_output=True, text=True, timeout=240, check=False)
        assert done.returncode == expect, done.stdout + done.stderr
        return done.stdout


def test_plan_is_clean_after_apply_and_after_kill(own_folder: Path, tmp_path: Path, mirror: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "no-such-profile")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    session = SandboxSession(sandbox_process.ensure_started(own_folder), REGION)
    session.client("s3").create_bucket(Bucket="state-bucket", CreateBucketConfiguration={"LocationConstraint": REGION})
    (tmp_path / "tf").mkdir()
    terraform = Terraform(tmp_path / "tf", mirror)
    backend = {"bucket": "state-bucket", "key": "t.tfstate", "region": REGION, "use_lockfile": "true", "use_path_style": "true"}
    terraform.run(session, "init", "-input=false", *(f"-backend-config={name}={value}" for name, value in backend.items()))
    terraform.run(session, "apply", "-input=false", "-auto-approve")
    terraform.run(session, "plan", "-input=false", "-detailed-exitcode")

    kill(own_folder)
    session = SandboxSession(sandbox_process.ensure_started(own_folder), REGION)
    terraform.run(session, "plan", "-input=false", "-detailed-exitcode")

    session.client("s3").put_object(Bucket="state-bucket", Key="t.tfstate.tflock", Body=b'{"ID":"someone"}', IfNoneMatch="*")
    terraform.run(session, "plan", "-input=false", expect=1)  # somebody else holds the lock
    session.client("s3").delete_object(Bucket="state-bucket", Key="t.tfstate.tflock")

    terraform.run(session, "destroy", "-input=false", "-auto-approve")
    names = [item["Name"] for item in session.client("s3").list_buckets()["Buckets"]]
    assert names == ["state-bucket"]
    assert session.client("ec2").describe_launch_templates()["LaunchTemplates"] == []
