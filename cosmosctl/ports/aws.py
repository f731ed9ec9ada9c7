"""Where AWS calls go. A session belongs to exactly one target: an account, or one embedded AWS."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol


class AwsSession(Protocol):
    """Clients and subprocess environments of one target.

    For `target: sandbox` every client has the sandbox's endpoint and its dummy credentials, whatever the shell says; for
    `target: aws` an endpoint in the shell is never used.
    """

    @property
    def region(self) -> str: ...

    @property
    def endpoint(self) -> str | None:
        """URL of the embedded AWS; None on an account."""
        ...

    def account_id(self) -> str: ...

    def client(self, service: str, region: str | None = None) -> Any:
        """A boto3 client, cached per service and region, with our retry and time-out settings."""
        ...

    def subprocess_env(self) -> Mapping[str, str]:
        """The whole environment for a child process (Terraform, worker, aws CLI) of this target."""
        ...
