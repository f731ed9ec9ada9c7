"""Which failures of S3 are worth another try, and what the others mean to a user.

boto3 repeats requests but not a body that breaks while it is read, so that loop is ours; with the same loop a throttled
bucket outlives boto3's own patience. Only `adapters.s3*` use it.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    FlexibleChecksumError,
    HTTPClientError,
    IncompleteReadError,
    NoCredentialsError,
    ResponseStreamingError,
)
from botocore.exceptions import (
    ConnectionError as BotoConnectionError,
)
from urllib3.exceptions import HTTPError

from cosmosctl.errors import CosmosctlError

T = TypeVar("T")
_CUT = (
    HTTPClientError,
    BotoConnectionError,
    IncompleteReadError,
    ResponseStreamingError,
    FlexibleChecksumError,
    HTTPError,
    ConnectionError,
    TimeoutError,
)
_BUSY_CODES = frozenset({"SlowDown", "InternalError", "ServiceUnavailable", "RequestTimeout", "503", "500", "502", "504", "429"})
_MISSING = frozenset({"NoSuchKey", "404", "NotFound"})
_HINTS = {
    "AccessDenied": "the role or user may not do this on this bucket: look at its policy",
    "NoSuchBucket": "the bucket is gone: cosmosctl install   creates it again",
    "ExpiredToken": "refresh the AWS credentials and start again",
}


class BrokenBody(Exception):
    """A body ended early without an error of its own."""


@dataclass(frozen=True)
class Patience:
    """Tries of one call beyond boto3's own; `sleep` is injected."""

    sleep: Callable[[float], None]
    tries: int = 6
    base: float = 0.2
    cap: float = 10.0

    def pause(self, attempt: int) -> None:
        self.sleep(min(self.cap, self.base * 2**attempt) * random.uniform(0.5, 1.0))  # noqa: S311


def is_missing(error: Exception) -> bool:
    return isinstance(error, ClientError) and error_code(error) in _MISSING


def error_code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))


def is_passing(error: Exception) -> bool:
    """Whether the same call may succeed later."""
    if isinstance(error, ClientError):
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        code = error_code(error)
        return status >= 500 or status == 429 or code in _BUSY_CODES or "Throttl" in code
    return isinstance(error, (*_CUT, BrokenBody))


def repeat(patience: Patience, what: str, where: str, call: Callable[[], T]) -> T:
    """Runs `call` until it succeeds, fails for good, or the tries are used up; then raises `aws_error`."""
    for attempt in range(patience.tries):
        try:
            return call()
        except (ClientError, BotoCoreError, HTTPError, OSError, BrokenBody) as error:
            last_try = attempt == patience.tries - 1
            if is_missing(error) or (isinstance(error, OSError) and not isinstance(error, _CUT)):
                raise
            if last_try or not is_passing(error):
                raise as_error(error, what, where, attempt + 1) from error
        patience.pause(attempt)
    raise AssertionError("unreachable: the last try returns or raises")


def as_error(error: Exception, what: str, where: str, tries: int = 1) -> CosmosctlError:
    again = f" ({tries} tries)" if tries > 1 else ""
    if isinstance(error, ClientError):
        code = error_code(error)
        text = error.response.get("Error", {}).get("Message", "") or code
        return CosmosctlError("aws_error", f"s3 {what}: {code}: {text}{again}", path=where, hint=_HINTS.get(code, ""))
    if isinstance(error, NoCredentialsError):
        return CosmosctlError("no_credentials", "no AWS credentials were found", path=where, hint="aws sso login   or set AWS_PROFILE")
    return CosmosctlError("aws_error", f"s3 {what}: {error or type(error).__name__}{again}", path=where)
