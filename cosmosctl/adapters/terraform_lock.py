"""Whose state lock is it? A lock left by a killed process of this machine is removed, any other one is respected.

Terraform's lock names user and host, not a process; so each of our children carries the state's name in its environment,
where the living ones can be found.
"""

from __future__ import annotations

import json
import os
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cosmosctl.errors import CosmosctlError
from cosmosctl.ports.aws import AwsSession
from cosmosctl.ports.terraform import StackDir

MARK = "COSMOSCTL_STATE"


@dataclass(frozen=True)
class StateLock:
    id: str
    who: str
    operation: str
    created: str

    @property
    def ours(self) -> bool:
        """Taken on this machine."""
        return self.who.rpartition("@")[2] == socket.gethostname()


def state_id(stack: StackDir) -> str:
    return f"{stack.backend['bucket']}/{stack.backend['key']}" if stack.backend else str(stack.data_dir)


def read_lock(session: AwsSession, stack: StackDir) -> StateLock | None:
    """The lock object beside the state in S3; a local state is locked by the kernel and needs no care."""
    if not stack.backend:
        return None
    client = session.client("s3")
    try:
        body = client.get_object(Bucket=stack.backend["bucket"], Key=f"{stack.backend['key']}.tflock")["Body"].read()
        data: dict[str, Any] = json.loads(body)
    except (client.exceptions.ClientError, ValueError):
        return None
    return StateLock(data.get("ID", ""), data.get("Who", ""), data.get("Operation", ""), data.get("Created", ""))


def remove_lock(session: AwsSession, stack: StackDir) -> None:
    session.client("s3").delete_object(Bucket=stack.backend["bucket"], Key=f"{stack.backend['key']}.tflock")


def living_holder(stack: StackDir) -> int | None:
    """The process of this machine and user that works on this state now, whatever folder it was started from."""
    mark = f"{MARK}={state_id(stack)}".encode()
    for entry in Path("/proc").glob("[0-9]*/environ"):
        try:
            if mark in entry.read_bytes().split(b"\0") and int(entry.parent.name) != os.getpid():
                return int(entry.parent.name)
        except OSError:
            continue
    return None


def refusal(stack: StackDir, lock: StateLock | None, pid: int | None) -> CosmosctlError:
    who = f"{lock.who} ({lock.operation}, since {lock.created})" if lock else "someone else"
    process = f", process {pid}" if pid else ""
    return CosmosctlError(
        "locked",
        f"the state of stack {stack.stack} is locked by {who}{process}",
        path=stack.stack,
        hint=f"wait until it is done; if that machine is gone: aws s3 rm s3://{state_id(stack)}.tflock",
    )
