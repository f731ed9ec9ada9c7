"""Is there anything at all: the sandbox, the buckets, stacks that were applied to their end."""

from __future__ import annotations

from collections.abc import Iterator

from cosmosctl.checks.diagnose.base import UNKNOWN, Diagnosis, broken, doubtful, not_checked, note
from cosmosctl.ports.facts import CouldNotCheck, known
from cosmosctl.ports.symptoms import DoctorFacts

CAUSES = (
    "sandbox_not_running",
    "no_credentials",
    "no_deployment",
    "state_bucket_missing",
    "data_bucket_missing",
    "half_installed",
    "stack_missing",
    "model_not_deployed",
    "command_running",
    UNKNOWN,
)
LOOKED_AT = "target and buckets and stacks"
NEEDS = ("reachable", "state_bucket")
NEEDED = ("foundation", "batch")


def diagnose(facts: DoctorFacts) -> list[Diagnosis]:
    unreachable = _unreachable(facts)
    if unreachable:
        return [unreachable]
    return [*_sandbox(facts), *_buckets(facts), *_stacks(facts)]


def _unreachable(facts: DoctorFacts) -> Diagnosis | None:
    if not isinstance(facts.reachable, CouldNotCheck):
        return None
    if facts.target == "sandbox":
        message = f"the embedded AWS of {facts.name} does not answer: {facts.reachable.reason}"
        return broken("sandbox_not_running", "sandbox", message, "cosmosctl sandbox start   (its saved state is taken up again)")
    if facts.reachable.credentials:
        return broken("no_credentials", "identity", facts.reachable.reason, "aws sso login, or set AWS_PROFILE")
    return not_checked("the identity in use", "identity", facts.reachable)


def _sandbox(facts: DoctorFacts) -> Iterator[Diagnosis]:
    if facts.sandbox and not facts.sandbox.running:
        saved = "its saved state was taken up again" if facts.sandbox.state_saved else "it had no saved state, so it is empty"
        message = f"the embedded AWS was not running and was started: {saved}"
        yield note("sandbox_not_running", "sandbox", message, "cosmosctl sandbox status")


def _buckets(facts: DoctorFacts) -> Iterator[Diagnosis]:
    for lookup, what in ((facts.state_bucket, "state bucket"), (facts.data_bucket, "data bucket")):
        if isinstance(lookup, CouldNotCheck):
            yield not_checked(f"the {what}", what, lookup)
    queues = known(facts.queues) or ()
    if known(facts.state_bucket) is False and queues:
        message = f"queues of {facts.name} exist, but its state bucket is gone: Terraform no longer knows what it created"
        hint = "cosmosctl cleanup --by-tag   removes what is left, then: cosmosctl install"
        yield broken("state_bucket_missing", "state bucket", message, hint)
    elif known(facts.state_bucket) is False:
        yield broken("no_deployment", facts.name, f"{facts.name} is not installed in {facts.target}, {facts.region}", "cosmosctl install")
    if known(facts.data_bucket) is False and facts.stacks.get("foundation"):
        message = "the data bucket was deleted by hand: inputs, runs, weights and outputs are gone"
        yield broken("data_bucket_missing", "data bucket", message, "cosmosctl install   makes a new, empty one")


def _stacks(facts: DoctorFacts) -> Iterator[Diagnosis]:
    if known(facts.state_bucket) is not True:
        return
    missing = [stack for stack in NEEDED if not facts.stacks.get(stack)]
    stopped = [f"{step} ({state})" for step, state in facts.unfinished]
    if stopped and facts.busy:
        steps = ", ".join(step for step, _ in facts.unfinished)
        yield note("command_running", facts.name, f"another command is at work: {steps}", "wait for it")
    elif stopped:
        message = f"the last command stopped half way: {', '.join(stopped)}"
        yield broken("half_installed", facts.name, message, "the same command again goes on from there, for example: cosmosctl install")
    elif missing:
        yield broken("stack_missing", missing[0], f"stack {' and '.join(missing)} was never applied to its end", "cosmosctl install")
    if facts.subject and facts.subject in facts.stacks and not facts.stacks[facts.subject] and not missing:
        blueprint = facts.subject.removeprefix("model-")
        yield doubtful("model_not_deployed", facts.subject, f"{blueprint} is not deployed", f"cosmosctl deploy {blueprint} --mode batch")
