"""The commented cosmosctl.yaml that `init` and the installer write. Reads back as the model's own defaults (tested)."""

from __future__ import annotations

import re

NAME_LENGTH = 20
FALLBACK = "demo"

_TEMPLATE = """\
# One deployment of cosmosctl. Every key but `name` has a default; `cosmosctl config show --origins` prints them all.
version: 1
name: {name}                     # part of every AWS name: a-z, 0-9, '-', 3 to 20 characters
target: {target}                 # sandbox: embedded AWS on this machine, no account | aws: your account
region: {region}
tags: {{}}                         # on every resource, e.g. {{owner: robotics}}

network:
  cidr: 10.40.0.0/16
  zones: 3                       # scarce GPU types are found more often in three zones
  nat: single                    # single | per-zone | none (none needs endpoints: full)
  endpoints: minimal             # minimal | full
  # existing: {{vpc_id: vpc-..., subnet_ids: [subnet-..., subnet-...]}}   # use a VPC of yours; never changed or deleted

data:
  keep_on_cleanup: true          # inputs, weights, runs and outputs outlive `cosmosctl cleanup`
  efs_weight_cache: false        # weights on EFS instead of a copy per instance
  expire_noncurrent_days: 30

batch:
  runnable_limit_minutes: 60     # a job that finds no GPU for so long is cancelled with the reason
  pools:
    gpu48:                       # one GPU memory class per pool
      instance_types: [g6e.2xlarge, g6e.4xlarge]   # 1 x L40S, 48 GiB
      max_vcpus: 256
      purchase: spot-first       # spot | on-demand | spot-first
      warm_instances: 0          # instances kept running and billed while idle
      disk_gib: 300
      # scale_down_minutes: 20   # keep an idle instance for a while between bursts

budget:
  monthly_usd: 500
  emails: []                     # who is told at 80 % and 100 %

huggingface:
  token_env: HF_TOKEN            # name of the variable that holds the token, never the token

logs:
  retention_days: 30
"""


def render_default(name: str, target: str = "sandbox", region: str = "us-east-1") -> str:
    """The text of a new cosmosctl.yaml. The caller loads it, which says what is wrong with the values."""
    return _TEMPLATE.format(name=name, target=target, region=region)


def suggest_name(folder: str) -> str:
    """A valid deployment name made from the name of a folder ("My Robot_2" -> "my-robot-2")."""
    text = re.sub(r"[^a-z0-9]+", "-", folder.lower()).strip("-")
    text = re.sub(r"^[^a-z]+", "", text)[:NAME_LENGTH].rstrip("-")
    return text if len(text) >= 3 else FALLBACK
