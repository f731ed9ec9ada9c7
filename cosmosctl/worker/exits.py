"""What the worker tells AWS Batch when it ends: the job definition retries some codes and gives up on others. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum

from cosmosctl.worker.engines.base import FailureClass


class Exit(IntEnum):
    DONE = 0  # every sample of the shard has a result
    INPUT = 65  # only samples whose input is at fault are left
    MODEL = 70
    TRANSIENT = 75
    RESOURCE = 76  # the promise of run.json is not kept, or GPU or memory ran out
    KILLED = 137  # an engine process was killed: the code that the kernel gives a container in its place
    STOPPED = 143  # SIGTERM


_BY_CLASS = {
    FailureClass.TRANSIENT: Exit.TRANSIENT,
    FailureClass.RESOURCE: Exit.RESOURCE,
    FailureClass.MODEL: Exit.MODEL,
    FailureClass.INPUT: Exit.INPUT,
}


def exit_of(failed: Mapping[str, int], *, unfinished: int, stopped: bool, killed: bool = False) -> Exit:
    """The most retryable cause wins: another attempt skips what is done and what cannot succeed."""
    if stopped and unfinished:
        return Exit.STOPPED
    if killed:
        return Exit.KILLED
    present = [code for kind, code in _BY_CLASS.items() if failed.get(kind.value)]
    if unfinished and not present:
        return Exit.TRANSIENT
    return present[0] if present else Exit.DONE
