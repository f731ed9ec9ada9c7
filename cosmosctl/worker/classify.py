"""Turns an exception into a failure class. The class decides about money: input and model are final, the rest is tried again."""

from __future__ import annotations

import errno
import traceback
from dataclasses import dataclass

from cosmosctl.errors import CosmosctlError
from cosmosctl.worker.engines.base import FailureClass

TRACE_LIMIT = 4000
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.ENOMEM, errno.EMFILE})


@dataclass(frozen=True)
class Problem:
    kind: FailureClass
    code: str
    message: str
    trace: str = ""


class InputProblem(Exception):
    """The sample's own input cannot be used; no attempt will change that."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def classify(error: BaseException) -> Problem:
    if isinstance(error, InputProblem):
        return Problem(FailureClass.INPUT, error.code, error.message)
    trace = _bounded("".join(traceback.format_exception(error)))
    message = str(error) or type(error).__name__
    found = _known(error, message)
    return Problem(*found, trace) if found else Problem(FailureClass.MODEL, "engine_error", f"{type(error).__name__}: {message}", trace)


def _bounded(trace: str) -> str:
    """The end says what went wrong; that something is missing before it is said too."""
    return trace if len(trace) <= TRACE_LIMIT else f"[{len(trace) - TRACE_LIMIT} characters cut]\n{trace[-TRACE_LIMIT:]}"


def _known(error: BaseException, message: str) -> tuple[FailureClass, str, str] | None:
    if isinstance(error, MemoryError) or "OutOfMemory" in type(error).__name__ or "out of memory" in message.lower():
        return FailureClass.RESOURCE, "out_of_memory", message
    if isinstance(error, ImportError):
        return FailureClass.RESOURCE, "engine_incomplete", message
    if isinstance(error, CosmosctlError):
        kind = FailureClass.TRANSIENT if error.code == "aws_error" else FailureClass.RESOURCE
        return kind, error.code, f"{error.path}: {error.message}" if error.path else error.message
    if isinstance(error, OSError) and error.errno in _FULL:
        return FailureClass.RESOURCE, "disk_full" if error.errno != errno.ENOMEM else "out_of_memory", message
    if isinstance(error, (ConnectionError, TimeoutError)):
        return FailureClass.TRANSIENT, "connection", message
    return None
