"""botocore's errors as ours, in one place. Knows no service."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import BotoCoreError, ClientError

from cosmosctl.adapters.session import credential_error
from cosmosctl.errors import CosmosctlError

DENIED = {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AuthorizationError", "AccessDeniedFault"}


def code_of(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))


@contextmanager
def aws(action: str, path: str = "") -> Iterator[None]:
    """`action` is `service:Operation`; `path` is the resource."""
    try:
        yield
    except ClientError as error:
        refused = credential_error(error)
        if refused is not None:
            raise refused from error
        code = code_of(error)
        message = str(error.response.get("Error", {}).get("Message", ""))[:600]
        hint = f"the identity in use needs the permission {action}" if code in DENIED else ""
        raise CosmosctlError("aws_error", f"{action}: {code}: {message}", path=path, hint=hint) from error
    except BotoCoreError as error:
        raise credential_error(error) or CosmosctlError("aws_error", f"{action}: {str(error)[:600]}", path=path) from error


@contextmanager
def gone_is_fine(*codes: str) -> Iterator[None]:
    """For deletions and look-ups: the given error codes mean that there is nothing."""
    try:
        yield
    except ClientError as error:
        if code_of(error) not in codes:
            raise
