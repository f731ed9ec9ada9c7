"""CloudWatch Logs through boto3. Knows the service's shapes, and nothing of runs."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from cosmosctl.errors import CosmosctlError
from cosmosctl.ports.aws import AwsSession


class CloudWatchLogs:
    """`ports.logs.Logs` over one session."""

    def __init__(self, session: AwsSession) -> None:
        self._client = session.client("logs")

    def tail(self, group: str, stream: str, limit: int) -> list[str]:
        response = self._events(logGroupName=group, logStreamName=stream, limit=limit, startFromHead=False)
        return [event["message"] for event in response.get("events", [])][-limit:]

    def since(self, group: str, stream: str, token: str) -> tuple[list[str], str]:
        response = self._events(logGroupName=group, logStreamName=stream, startFromHead=True, **({"nextToken": token} if token else {}))
        return [event["message"] for event in response.get("events", [])], response.get("nextForwardToken", token)

    def _events(self, **arguments: Any) -> dict[str, Any]:
        try:
            response: dict[str, Any] = self._client.get_log_events(**arguments)
        except self._client.exceptions.ResourceNotFoundException:
            return {}
        except (ClientError, BotoCoreError) as error:
            raise CosmosctlError("aws_error", f"logs get_log_events: {error}", path=str(arguments.get("logGroupName", ""))) from error
        return response
