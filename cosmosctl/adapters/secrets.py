"""Secrets Manager through boto3. A value passes through here and is kept nowhere."""

from __future__ import annotations

from cosmosctl.adapters.aws_calls import aws, gone_is_fine
from cosmosctl.ports.aws import AwsSession


class AwsSecrets:
    """`ports.secrets.Secrets` over one session."""

    def __init__(self, session: AwsSession) -> None:
        self._client = session.client("secretsmanager")

    def put_if_changed(self, arn: str, value: str) -> bool:
        if self.holds(arn, value):
            return False
        with aws("secretsmanager:PutSecretValue", arn):
            self._client.put_secret_value(SecretId=arn, SecretString=value)
        return True

    def holds(self, arn: str, value: str) -> bool:
        return self._current(arn) == value

    def has_value(self, arn: str) -> bool:
        return bool(self._current(arn))

    def _current(self, arn: str) -> str:
        with aws("secretsmanager:GetSecretValue", arn), gone_is_fine("ResourceNotFoundException"):
            return str(self._client.get_secret_value(SecretId=arn).get("SecretString", ""))
        return ""
