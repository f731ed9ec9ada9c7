"""Every AWS name that a deployment uses, known before anything exists.

Names fixed in advance let a plan render fully, a cleanup find what a lost state forgot, and a test compare Python with
Terraform. This module must not know AWS clients or configuration files: it takes strings and gives strings.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

TAG_DEPLOYMENT = "cosmosctl:deployment"
TAG_STACK = "cosmosctl:stack"
TAG_MANAGED_BY = "cosmosctl:managed-by"
IAM_NAME_LIMIT = 64
BUCKET_NAME_LIMIT = 63


def scope(account: str, region: str, name: str) -> str:
    """Eight hex digits that keep global names (IAM, S3) of equal deployments in other accounts or regions apart."""
    return hashlib.sha256(f"{account}/{region}/{name}".encode()).hexdigest()[:8]


@dataclass(frozen=True)
class Names:
    """The names of one deployment. `prefix` is for regional resources, `unique` for global ones."""

    name: str
    account: str
    region: str

    @property
    def prefix(self) -> str:
        return f"cosmosctl-{self.name}"

    @property
    def unique(self) -> str:
        return f"{self.prefix}-{scope(self.account, self.region, self.name)}"

    @property
    def state_bucket(self) -> str:
        return f"{self.unique}-state"

    @property
    def data_bucket(self) -> str:
        return f"{self.unique}-data"

    @property
    def kms_alias(self) -> str:
        return f"alias/{self.prefix}"

    @property
    def hf_secret(self) -> str:
        return f"{self.prefix}/hf-token"

    @property
    def repository(self) -> str:
        """ECR repository of the worker images, one tag per engine and content hash."""
        return f"{self.prefix}/worker"

    @property
    def build_project(self) -> str:
        return f"{self.prefix}-image"

    @property
    def log_prefix(self) -> str:
        return f"/cosmosctl/{self.name}"

    def queue(self, pool: str) -> str:
        return f"{self.prefix}-{pool}"

    def compute_environment_prefix(self, pool: str, purchase: str) -> str:
        """`purchase` is `spot` or `ondemand`; Terraform appends a unique suffix."""
        return f"{self.prefix}-{pool}-{purchase}-"

    def job_definition(self, blueprint: str, variant: str) -> str:
        return f"{self.prefix}-{blueprint}-{variant.lower()}"

    def job_log_group(self, blueprint: str) -> str:
        return f"{self.log_prefix}/jobs/{blueprint}"

    def job_role(self, blueprint: str) -> str:
        return f"{self.unique}-{blueprint}-job"

    def state_key(self, stack: str) -> str:
        """Key of a stack's state in the state bucket; `stack` is `foundation`, `batch` or `model-<blueprint>`."""
        return f"stacks/{stack}/terraform.tfstate"
