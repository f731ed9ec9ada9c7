"""When state goes to disk: S3 changes with each request, the rest soon after it or when Terraform releases its lock.

It decides the moment; `snapshot` and `objects` do the writing.
"""

from __future__ import annotations

from cosmosctl.sandbox import objects, snapshot
from cosmosctl.sandbox.calls import Call


def record(call: Call) -> None:
    """Inside the request, before it is acknowledged."""
    if call.service == "s3":
        objects.record(call)
    else:
        snapshot.touch()


def after(call: Call) -> None:
    """After the request left the gate, still before it is acknowledged."""
    if call.service == "s3" and call.method == "DELETE" and call.key.endswith(".tflock"):
        snapshot.save()
