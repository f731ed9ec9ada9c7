"""Names and tags against the limits of the services that carry them, and what this release does not do yet."""

from __future__ import annotations

from cosmosctl.catalog import limits
from cosmosctl.catalog.naming import Names
from cosmosctl.checks.names import too_long
from cosmosctl.config.model import Deployment
from cosmosctl.findings import Finding, Level

ANY_ACCOUNT = "0" * 12  # the scope in a name has eight digits whatever the account


def name_lengths(deployment: Deployment) -> list[Finding]:
    return too_long(Names(deployment.name, ANY_ACCOUNT, deployment.region), pools=list(deployment.batch.pools))


def tag_count(deployment: Deployment) -> list[Finding]:
    count = len(deployment.tags)
    if count <= limits.TAGS_USER_MAX:
        return []
    message = f"{count} tags; a resource carries {limits.TAGS_PER_RESOURCE}, of which cosmosctl needs {limits.TAGS_RESERVED}"
    return [Finding("tags", Level.ERROR, "tag_count", message, f"keep at most {limits.TAGS_USER_MAX}")]


def tag_reserved(deployment: Deployment) -> list[Finding]:
    findings = []
    for key in deployment.tags:
        prefix = next((item for item in limits.TAG_PREFIXES_RESERVED if key.lower().startswith(item)), None)
        if prefix:
            owner = "AWS" if prefix == "aws:" else "cosmosctl, which finds its resources by them"
            message = f"tags that start with {prefix} belong to {owner}"
            findings.append(Finding(f"tags.{key}", Level.ERROR, "tag_reserved", message, "rename the tag"))
    return findings


def tag_case(deployment: Deployment) -> list[Finding]:
    """IAM takes two keys that differ only in case for one, and refuses the role."""
    seen: dict[str, str] = {}
    findings = []
    for key in deployment.tags:
        first = seen.setdefault(key.lower(), key)
        if first != key:
            findings.append(Finding(f"tags.{key}", Level.ERROR, "tag_case", f"{key} and {first} are one key to IAM", "remove one"))
    return findings


def cluster_not_available(deployment: Deployment) -> list[Finding]:
    if not deployment.cluster.enabled:
        return []
    message = "this release has no cluster yet; batch mode does not need one"
    return [Finding("cluster.enabled", Level.ERROR, "cluster_not_available", message, "set cluster.enabled: false")]
