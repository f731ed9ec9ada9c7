"""The Hugging Face token and the licences: 401 and 403 have different cures. And the secret that carries the token."""

from __future__ import annotations

from collections.abc import Iterator

from cosmosctl.checks.diagnose.base import UNKNOWN, Diagnosis, broken, doubtful, not_checked, retry_hint
from cosmosctl.checks.diagnose.signs import LICENCE, SECRET, TOKEN, lines, reasons
from cosmosctl.ports.facts import Access, CouldNotCheck, RepoAccess, known
from cosmosctl.ports.symptoms import DoctorFacts

CAUSES = ("token_invalid", "token_missing", "licence_not_accepted", "revision_gone", "secret_unreadable", UNKNOWN)
LOOKED_AT = "Hugging Face token and licences and stored secret"
NEEDS = ("hub", "token_stored")
TOKENS = "https://huggingface.co/settings/tokens"
REFUSED = (Access.UNAUTHORIZED, Access.NO_TOKEN)


def diagnose(facts: DoctorFacts) -> list[Diagnosis]:
    answers = [lookup.value for lookup in facts.hub.values() if not isinstance(lookup, CouldNotCheck)]
    asked = [found for answer in answers for found in _hub(facts, answer)]
    said = {item.cause for item in asked}
    in_logs = [item for item in (*_token_log(facts), *_licence_log(facts)) if item.cause not in said]
    late = {repo: item for repo, item in facts.hub.items() if isinstance(item, CouldNotCheck)}
    unknown = [not_checked(f"access to {repo}", f"huggingface {repo}", item) for repo, item in late.items()]
    return [*asked, *in_logs, *_secret(facts), *unknown]


def _new_token(facts: DoctorFacts) -> str:
    return retry_hint(facts, f"create a token with Read right at {TOKENS}, export {facts.token_env}=..., then: cosmosctl install")


def _hub(facts: DoctorFacts, answer: RepoAccess) -> Iterator[Diagnosis]:
    path, page = f"huggingface {answer.repo}", f"https://huggingface.co/{answer.repo}"
    if answer.access in REFUSED:
        cause = "token_invalid" if answer.access is Access.UNAUTHORIZED else "token_missing"
        what = "refuses the token" if answer.access is Access.UNAUTHORIZED else "wants a token, and there is none"
        yield broken(cause, path, f"the hub {what} for {answer.repo} (401)", _new_token(facts))
    elif answer.access is Access.FORBIDDEN:
        message = f"the token's account has no access to {answer.repo} (403): its licence is not accepted, or by another account"
        hint = retry_hint(facts, f"accept the licence at {page} with the token's own account")
        yield broken("licence_not_accepted", path, message, hint)
    elif answer.access is not Access.OK:
        message = f"{answer.repo} has no revision {answer.revision} any more (404)"
        yield broken("revision_gone", path, message, f"upgrade cosmosctl, or pin another one: {page}/commits")


def _token_log(facts: DoctorFacts) -> Iterator[Diagnosis]:
    found = list(lines(facts, TOKEN))
    if found:
        message = "a job was refused by the hub: its token is not valid (401)"
        yield broken("token_invalid", found[0][0], message, _new_token(facts), [found[0][1]])


def _licence_log(facts: DoctorFacts) -> Iterator[Diagnosis]:
    found = [(who, line) for who, line in lines(facts, LICENCE) if not TOKEN.search(line)]
    if found:
        hint = retry_hint(facts, "accept the licence on the page of the repository in the line below, with the token's own account")
        yield broken("licence_not_accepted", found[0][0], "a job may not read a gated repository (403)", hint, [found[0][1]])


def _secret(facts: DoctorFacts) -> Iterator[Diagnosis]:
    found = list(reasons(facts, SECRET))
    if found:
        empty = known(facts.token_stored) is False
        why = "the secret has no value" if empty else "its value, its policy or the way to Secrets Manager is missing"
        hint = _new_token(facts) if empty else "look at endpoints and egress below; cosmosctl install repairs the secret and its policy"
        yield broken("secret_unreadable", found[0][0], f"hosts cannot read the secret of the job: {why}", hint, [found[0][1]])
    elif facts.uses_model and known(facts.token_stored) is False:
        message = "no token is stored for the jobs, and the engine pulls gated weights"
        yield doubtful("token_missing", "huggingface", message, _new_token(facts))
