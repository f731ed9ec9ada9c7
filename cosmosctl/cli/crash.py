"""Turns an exception that no layer foresaw into an explained error: disk full, no permission, or a defect of ours.

Deciding only: it maps types to `CosmosctlError`.
"""

from __future__ import annotations

import errno

from cosmosctl.errors import CosmosctlError


def explain(error: Exception) -> CosmosctlError:
    """The user-facing form of `error`; the cause stays attached for `COSMOSCTL_DEBUG=1`."""
    explained = _known(error) or CosmosctlError(
        "internal", f"{type(error).__name__}: {error}", hint="COSMOSCTL_DEBUG=1 shows the traceback; please report it"
    )
    explained.__cause__ = error
    return explained


def _known(error: Exception) -> CosmosctlError | None:
    if isinstance(error, OSError):
        path = str(error.filename or "")
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            return CosmosctlError(
                "disk_full", "no space left on the disk", path=path, hint="free some space; the same command goes on where it stopped"
            )
        if error.errno in (errno.EACCES, errno.EROFS, errno.EPERM):
            return CosmosctlError(
                "workdir_unwritable", f"cannot write: {error.strerror}", path=path, hint="run from a folder that you may write to"
            )
    name = type(error).__name__
    if name == "ClientError":
        detail = getattr(error, "response", {}).get("Error", {})
        operation = getattr(error, "operation_name", "")
        return CosmosctlError(
            "aws_error",
            f"{operation}: {detail.get('Code', '')}: {detail.get('Message', '')}",
            path=operation,
            hint="cosmosctl doctor   looks for the cause",
        )
    if name in ("EndpointConnectionError", "ConnectionClosedError", "ConnectTimeoutError", "ReadTimeoutError"):
        return CosmosctlError("aws_error", f"no answer from AWS: {error}", hint="the same command goes on where it stopped")
    return None
