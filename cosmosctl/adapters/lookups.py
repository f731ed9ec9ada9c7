"""Puts the look-up adapters together for the composition root: one call gives preflight and doctor their ports."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from cosmosctl.adapters.aws_calls import aws
from cosmosctl.adapters.facts import AccountFacts
from cosmosctl.adapters.huggingface import HuggingFaceHub, hub_token
from cosmosctl.adapters.pricing import LivePrices
from cosmosctl.adapters.tools import LocalTools
from cosmosctl.catalog.naming import Names
from cosmosctl.config.model import Deployment
from cosmosctl.errors import CosmosctlError
from cosmosctl.ports.aws import AwsSession
from cosmosctl.ports.clock import Clock
from cosmosctl.ports.facts import Lookups
from cosmosctl.ports.terraform import Terraform


def lookups(
    deployment: Deployment, names: Names, session: AwsSession, terraform: Terraform, clock: Clock, environ: Mapping[str, str], home: Path
) -> Lookups:
    """Nothing is asked yet."""
    token = hub_token(environ, deployment.huggingface.token_env, stored_token(session, names))
    return Lookups(
        AccountFacts(session),
        LivePrices(session, clock),
        HuggingFaceHub(token, environ.get("HF_ENDPOINT", "")),
        LocalTools(terraform, deployment.terraform.plugin_mirror, home),
    )


def stored_token(session: AwsSession, names: Names) -> Callable[[], str]:
    """The deployment's secret, "" when it is not there or may not be read."""

    def read() -> str:
        try:
            with aws("secretsmanager:GetSecretValue", names.hf_secret):
                return str(session.client("secretsmanager").get_secret_value(SecretId=names.hf_secret).get("SecretString", ""))
        except CosmosctlError:
            return ""

    return read
