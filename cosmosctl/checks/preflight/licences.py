"""May the token read each repository that the variant pulls? 401 and 403 have different cures, so they are told apart.

Only an engine that uses a model needs any of it: the baseline is told so in one line and nothing is asked.
"""

from __future__ import annotations

from cosmosctl.blueprints.schema import Weights
from cosmosctl.checks.preflight.base import UNKNOWN, Subject, could_not_check, error, info
from cosmosctl.findings import Finding
from cosmosctl.ports.facts import Access, CouldNotCheck, PreflightFacts, RepoAccess

RULES = ("hf_token_missing", "hf_token_invalid", "hf_licence", "hf_repository", "hf_revision", "hf_access", "hf_not_needed", UNKNOWN)
TOKENS = "https://huggingface.co/settings/tokens"


def repositories(subject: Subject) -> list[Weights]:
    """What has to be asked of the hub; nothing for an engine without a model."""
    variant = subject.chosen
    return [variant.weights, *variant.companions] if variant and subject.uses_model else []


def findings(subject: Subject, facts: PreflightFacts) -> list[Finding]:
    if subject.blueprint and subject.engine and not subject.uses_model:
        message = f"engine {subject.engine} uses no model: neither token nor licence is needed, and none was checked"
        return [info("huggingface", "hf_not_needed", message)]
    found = []
    for weights in repositories(subject):
        lookup = facts.hub.get(weights.repo)
        if isinstance(lookup, CouldNotCheck):
            found.append(could_not_check(f"access to {weights.repo}", f"huggingface {weights.repo}", lookup))
        elif lookup is not None:
            found.append(judge(lookup.value, subject.deployment.huggingface.token_env))
    return found


def judge(found: RepoAccess, token_env: str) -> Finding:
    repo, path, page = found.repo, f"huggingface {found.repo}", f"https://huggingface.co/{found.repo}"
    match found.access:
        case Access.OK:
            at = f" (commit {found.commit[:12]})" if found.commit else ""
            return info(path, "hf_access", f"{repo} at {found.revision} can be read{at}")
        case Access.NO_TOKEN:
            message = f"{repo} is gated and there is no token (401)"
            return error(path, "hf_token_missing", message, f"create one with Read right at {TOKENS}, then: export {token_env}=...")
        case Access.UNAUTHORIZED:
            message = f"the hub refuses the token for {repo} (401): it is wrong, expired, or lacks the Read right"
            return error(path, "hf_token_invalid", message, f"create one with Read right at {TOKENS}, then: export {token_env}=...")
        case Access.FORBIDDEN:
            message = f"the token is fine, but its account has not been given access to {repo} (403): the licence is not accepted"
            return error(path, "hf_licence", message, f"accept the licence at {page} with the account that the token belongs to")
        case Access.NO_REVISION:
            hint = f"upgrade cosmosctl, or pin another revision in the blueprint; {page}/commits"
            return error(path, "hf_revision", f"{repo} has no revision {found.revision} (404)", hint)
        case Access.NO_REPOSITORY:
            return error(path, "hf_repository", f"there is no repository {repo} that this token may see (404)", page)
