"""The one error type that a user may see, and the exit status each error code leads to.

Every layer raises `CosmosctlError`; only `cli` turns it into text, JSON and an exit status. This module must not know
Typer, AWS or the file system. The code is a closed set, so that scripts may rely on it and each code has a test.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum

from cosmosctl.findings import Finding, Location


class ExitStatus(IntEnum):
    """Process exit status. 2 belongs to usage errors, so pending changes are 6, not Terraform's 2."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    INVALID = 3
    PREFLIGHT = 4
    PARTIAL = 5
    CHANGES = 6
    INTERRUPTED = 130


ERROR_CODES: dict[str, ExitStatus] = {
    # usage
    "usage": ExitStatus.USAGE,
    "confirmation_required": ExitStatus.USAGE,
    "unknown_name": ExitStatus.USAGE,
    # configuration and input
    "config_not_found": ExitStatus.INVALID,
    "invalid_config": ExitStatus.INVALID,
    "invalid_blueprint": ExitStatus.INVALID,
    "invalid_input": ExitStatus.INVALID,
    "invalid_manifest": ExitStatus.INVALID,
    "invalid_parameter": ExitStatus.INVALID,
    # environment and preflight
    "preflight_failed": ExitStatus.PREFLIGHT,
    "tool_missing": ExitStatus.PREFLIGHT,
    "no_credentials": ExitStatus.PREFLIGHT,
    "not_deployed": ExitStatus.PREFLIGHT,
    # while acting
    "locked": ExitStatus.FAILED,
    "protected_resource": ExitStatus.FAILED,
    "terraform_failed": ExitStatus.PARTIAL,
    "step_failed": ExitStatus.PARTIAL,
    "contract_mismatch": ExitStatus.FAILED,
    "image_build_failed": ExitStatus.PARTIAL,
    "aws_error": ExitStatus.FAILED,
    "workdir_unwritable": ExitStatus.FAILED,
    "disk_full": ExitStatus.FAILED,
    "workdir_newer": ExitStatus.FAILED,
    "state_lost": ExitStatus.FAILED,
    "sandbox_failed": ExitStatus.FAILED,
    "timeout": ExitStatus.FAILED,
    # runs
    "run_not_found": ExitStatus.FAILED,
    "run_damaged": ExitStatus.FAILED,
    "run_failed": ExitStatus.FAILED,
    "test_failed": ExitStatus.FAILED,
    "residue_left": ExitStatus.FAILED,
    "unhealthy": ExitStatus.FAILED,
    "interrupted": ExitStatus.INTERRUPTED,
    "internal": ExitStatus.FAILED,
}


class CosmosctlError(Exception):
    """A failure that is explained to the user: `error[code] path: message`, source line, `hint:`.

    Args:
        code: a key of `ERROR_CODES`; it decides the exit status unless `status` is given.
        message: what is wrong, in one sentence.
        hint: the next command or change that helps.
        path: what it is about (`batch.pools.gpu48.max_vcpus`, a flag, a key, a resource).
        location: file, line, column and source text when the cause is in a file.
        findings: all findings, when one command found several at once.
        detail: longer evidence such as a log tail; shown below the message, bounded by the sender.
    """

    def __init__(
        self,
        code: str,
        message: str,
        *,
        hint: str = "",
        path: str = "",
        location: Location | None = None,
        findings: Sequence[Finding] = (),
        detail: str = "",
        status: ExitStatus | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.hint = hint
        self.path = path
        self.location = location
        self.findings = tuple(findings)
        self.detail = detail
        self.status = status if status is not None else ERROR_CODES[code]
