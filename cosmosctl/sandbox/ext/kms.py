"""KMS: the rotation period, which moto does not store and Terraform would set again on every run."""

from __future__ import annotations

import json
from typing import Any

from cosmosctl.sandbox.patching import wrap

DEFAULT_DAYS = 365


def register() -> None:
    from moto.kms.responses import KmsResponse

    wrap(KmsResponse, "enable_key_rotation", _enable)
    wrap(KmsResponse, "get_key_rotation_status", _status)


def _key(response: Any) -> Any:
    backend = response.kms_backend
    return backend.keys[backend.get_key_id(response._get_param("KeyId"))]


def _enable(original: Any) -> Any:
    def enable_key_rotation(self: Any) -> Any:
        answer = original(self)
        _key(self).rotation_days = int(self._get_param("RotationPeriodInDays") or DEFAULT_DAYS)
        return answer

    return enable_key_rotation


def _status(original: Any) -> Any:
    def get_key_rotation_status(self: Any) -> Any:
        answer = json.loads(original(self))
        if answer["KeyRotationEnabled"]:
            answer["RotationPeriodInDays"] = getattr(_key(self), "rotation_days", DEFAULT_DAYS)
        return json.dumps(answer)

    return get_key_rotation_status
