"""Environments for child processes: what may pass from the user's shell to each target.

A sandbox child gets an allow-list, so no profile, credential or proxy of the shell can reach it; an account's child gets
the shell without any endpoint. This module must not know boto3.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path

import cosmosctl

_PASSED = frozenset(
    {
        "PATH",
        "HOME",
        "USER",
        "LOGNAME",
        "LANG",
        "LANGUAGE",
        "TZ",
        "TMPDIR",
        "TEMP",
        "TMP",
        "TERM",
        "LD_LIBRARY_PATH",
        "DYLD_LIBRARY_PATH",
        "PYTHONPATH",
        "PYTHONHOME",
        "PYTHONDONTWRITEBYTECODE",
        "VIRTUAL_ENV",
        "SSL_CERT_FILE",
        "SSL_CERT_DIR",
        "OMP_NUM_THREADS",
    }
)
_PASSED_PREFIXES = ("LC_", "XDG_", "COSMOSCTL_")
_ENDPOINTS = re.compile(r"^(AWS_ENDPOINT_URL(_\w+)?|(TF_)?AWS_(S3|DYNAMODB|IAM|STS|SSO)_ENDPOINT)$")
_KEYS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN")
SANDBOX_KEY = "sandbox"


def clean(shell: Mapping[str, str]) -> dict[str, str]:
    """The part of the shell that every local child needs and that says nothing about AWS."""
    return {name: value for name, value in shell.items() if name in _PASSED or name.startswith(_PASSED_PREFIXES)}


def with_package(environment: Mapping[str, str]) -> dict[str, str]:
    """Lets a child's `python -m cosmosctl...` find this very package, installed or in a checkout."""
    root = str(Path(cosmosctl.__file__).resolve().parent.parent)
    paths = [root, *(item for item in environment.get("PYTHONPATH", "").split(os.pathsep) if item and item != root)]
    return {**environment, "PYTHONPATH": os.pathsep.join(paths)}


def sandbox_environment(shell: Mapping[str, str], endpoint: str, region: str) -> dict[str, str]:
    return {
        **with_package(clean(shell)),
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": SANDBOX_KEY,
        "AWS_SECRET_ACCESS_KEY": SANDBOX_KEY,
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_PAGER": "",
        "NO_PROXY": "127.0.0.1,localhost",
        "no_proxy": "127.0.0.1,localhost",
    }


def account_environment(shell: Mapping[str, str], region: str, profile: str | None) -> dict[str, str]:
    """The shell without endpoints; a chosen profile wins over keys in the shell, as it does in our own process."""
    kept = {name: value for name, value in shell.items() if not _ENDPOINTS.match(name)}
    if profile:
        for name in _KEYS:
            kept.pop(name, None)
        kept["AWS_PROFILE"] = profile
        kept.pop("AWS_DEFAULT_PROFILE", None)
    ours = {"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true", "AWS_REGION": region, "AWS_DEFAULT_REGION": region, "AWS_PAGER": ""}
    return {**with_package(kept), **ours}
