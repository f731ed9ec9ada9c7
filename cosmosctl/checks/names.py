"""AWS names that would be too long, found before Terraform stops half way. Pure: names in, findings out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cosmosctl.catalog import limits
from cosmosctl.catalog.naming import Names
from cosmosctl.findings import Finding, Level


def too_long(names: Names, pools: Sequence[str] = (), blueprints: Sequence[tuple[str, Sequence[str]]] = ()) -> list[Finding]:
    """`blueprints` are (name, variants) to be deployed."""
    worst: dict[str, tuple[int, str]] = {}
    for path, what, name, limit in _names(names, pools, blueprints):
        excess = len(name) - limit
        if excess > worst.get(path, (0, ""))[0]:
            worst[path] = (excess, f"{name} has {len(name)} characters; {what} allow {limit}")
    return [Finding(path, Level.ERROR, "name_lengths", message, f"shorten {path} by {excess}") for path, (excess, message) in worst.items()]


def _names(names: Names, pools: Sequence[str], blueprints: Sequence[tuple[str, Sequence[str]]]) -> Iterator[tuple[str, str, str, int]]:
    yield "name", "S3 bucket names", names.state_bucket, limits.BUCKET_NAME
    yield "name", "S3 bucket names", names.data_bucket, limits.BUCKET_NAME
    yield "name", "KMS alias names", names.kms_alias, limits.KMS_ALIAS_NAME
    yield "name", "CodeBuild project names", names.build_project, limits.CODEBUILD_PROJECT_NAME
    for pool in pools:
        yield f"batch.pools.{pool}", "AWS Batch queue names", names.queue(pool), limits.BATCH_NAME
        for purchase in ("spot", "ondemand"):
            unique = names.compute_environment_prefix(pool, purchase) + "0" * limits.TERRAFORM_SUFFIX
            yield f"batch.pools.{pool}", "AWS Batch environment names", unique, limits.BATCH_NAME
    for blueprint, variants in blueprints:
        yield f"blueprint {blueprint}", "IAM role names", names.job_role(blueprint), limits.IAM_ROLE_NAME
        for variant in variants:
            yield f"blueprint {blueprint}", "AWS Batch job definition names", names.job_definition(blueprint, variant), limits.BATCH_NAME
