"""AWS clients and child environments of one target, walled off from the other.

A sandbox session reads neither files, variables nor proxies of the shell; an account session never uses an endpoint from
them. This module must not know what is asked through its clients.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping
from typing import Any

import boto3
import botocore.exceptions
import botocore.session
from botocore.config import Config

from cosmosctl.adapters.environment import SANDBOX_KEY, account_environment, sandbox_environment
from cosmosctl.adapters.whole_answers import insist_on_whole_answers
from cosmosctl.errors import CosmosctlError

SANDBOX_ACCOUNT = "123456789012"
ATTEMPTS = 6
_LIMITS: Mapping[str, Any] = {
    "retries": {"mode": "standard", "total_max_attempts": ATTEMPTS},
    "connect_timeout": 10,
    "read_timeout": 60,
    "max_pool_connections": 32,
    "user_agent_extra": "cosmosctl",
}
_BAD_KEYS = frozenset(
    {
        "ExpiredToken",
        "ExpiredTokenException",
        "InvalidClientTokenId",
        "UnrecognizedClientException",
        "AuthFailure",
        "SignatureDoesNotMatch",
    }
)
_NO_KEYS = (
    botocore.exceptions.NoCredentialsError,
    botocore.exceptions.PartialCredentialsError,
    botocore.exceptions.CredentialRetrievalError,
    botocore.exceptions.ProfileNotFound,
    botocore.exceptions.TokenRetrievalError,
    botocore.exceptions.SSOError,
    botocore.exceptions.InvalidConfigError,
    botocore.exceptions.ConfigParseError,
    botocore.exceptions.UnknownCredentialError,
)


def credential_error(error: Exception) -> CosmosctlError | None:
    """`no_credentials` when that is why a call failed; None when it is something else."""
    if isinstance(error, botocore.exceptions.ClientError):
        code = str(error.response.get("Error", {}).get("Code", ""))
        if code not in _BAD_KEYS:
            return None
        message = f"AWS refuses the credentials ({code})"
    elif isinstance(error, _NO_KEYS):
        message = f"no usable AWS credentials: {error}"
    else:
        return None
    return CosmosctlError(
        "no_credentials", message, path="aws.profile", hint="aws sso login, or set AWS_PROFILE; without an account: --set target=sandbox"
    )


class _Clients:
    """Clients made once per service and region; making one costs tens of milliseconds and is not thread-safe."""

    def __init__(self, make: Any) -> None:
        self._make = make
        self._known: dict[tuple[str, str], Any] = {}
        self._lock = threading.Lock()

    def get(self, service: str, region: str) -> Any:
        with self._lock:
            if (service, region) not in self._known:
                self._known[service, region] = self._make(service, region)
            return self._known[service, region]

    def close(self) -> None:
        with self._lock:
            for client in self._known.values():
                client.close()
            self._known.clear()


class SandboxSession:
    """`ports.aws.AwsSession` of the embedded AWS at `endpoint`."""

    def __init__(self, endpoint: str, region: str, environ: Mapping[str, str] | None = None) -> None:
        self._endpoint, self._region = endpoint, region
        self._shell = os.environ if environ is None else environ
        self._boto = boto3.session.Session(
            botocore_session=_walled_session(), region_name=region, aws_access_key_id=SANDBOX_KEY, aws_secret_access_key=SANDBOX_KEY
        )
        self._clients = _Clients(self._make)

    @property
    def region(self) -> str:
        return self._region

    @property
    def endpoint(self) -> str | None:
        return self._endpoint

    def account_id(self) -> str:
        return SANDBOX_ACCOUNT

    def client(self, service: str, region: str | None = None) -> Any:
        return self._clients.get(service, region or self._region)

    def subprocess_env(self) -> Mapping[str, str]:
        return sandbox_environment(self._shell, self._endpoint, self._region)

    def close(self) -> None:
        self._clients.close()

    def _make(self, service: str, region: str) -> Any:
        config = Config(**_LIMITS, proxies={}, s3={"addressing_style": "path"}, ignore_configured_endpoint_urls=True)
        client = self._boto.client(service, region_name=region, endpoint_url=self._endpoint, config=config, verify=False)
        return insist_on_whole_answers(client)


class AccountSession:
    """`ports.aws.AwsSession` of a real account: the shell's credentials or `profile`, the service's own endpoints."""

    def __init__(self, region: str, profile: str | None = None, environ: Mapping[str, str] | None = None) -> None:
        self._region, self._profile = region, profile or None
        self._shell = os.environ if environ is None else environ
        core = botocore.session.Session(profile=self._profile)
        core.set_config_variable("ignore_configured_endpoint_urls", True)  # also for the clients that fetch credentials
        try:
            self._boto = boto3.session.Session(botocore_session=core, region_name=region)
        except _NO_KEYS as error:
            raise credential_error(error) or error from error
        self._clients = _Clients(self._make)
        self._account = ""

    @property
    def region(self) -> str:
        return self._region

    @property
    def endpoint(self) -> str | None:
        return None

    def account_id(self) -> str:
        if not self._account:
            try:
                self._account = str(self.client("sts").get_caller_identity()["Account"])
            except (botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError) as error:
                raise credential_error(error) or _unreachable(error) from error
        return self._account

    def client(self, service: str, region: str | None = None) -> Any:
        return self._clients.get(service, region or self._region)

    def subprocess_env(self) -> Mapping[str, str]:
        return account_environment(self._shell, self._region, self._profile)

    def close(self) -> None:
        self._clients.close()

    def _make(self, service: str, region: str) -> Any:
        try:
            if self._boto.get_credentials() is None:
                raise botocore.exceptions.NoCredentialsError()
            config = Config(**_LIMITS, tcp_keepalive=True, ignore_configured_endpoint_urls=True)
            return insist_on_whole_answers(self._boto.client(service, region_name=region, config=config))
        except _NO_KEYS as error:
            raise credential_error(error) or error from error


def _unreachable(error: Exception) -> CosmosctlError:
    message, hint = f"cannot ask AWS who we are: {error}", "check the network and the Region"
    return CosmosctlError("aws_error", message, path="sts:GetCallerIdentity", hint=hint)


def _walled_session() -> botocore.session.Session:
    """A botocore session whose settings come from its defaults alone: every variable name is blanked, both files are empty."""
    blank = {name: (None, None, default, convert) for name, (_, _, default, convert) in botocore.session.Session.SESSION_VARIABLES.items()}
    blank["config_file"] = (None, None, os.devnull, None)
    blank["credentials_file"] = (None, None, os.devnull, None)
    return botocore.session.Session(session_vars=blank)
