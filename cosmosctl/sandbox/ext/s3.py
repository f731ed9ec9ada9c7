"""S3: bodies on disk, and what moto's S3 forgets or refuses.

It must not know how records are written.
"""

from __future__ import annotations

import types
from typing import Any

from cosmosctl.sandbox import pickling
from cosmosctl.sandbox.blobs import Blob
from cosmosctl.sandbox.patching import Outdated, wrap

DEPENDS = ("iam",)


def register() -> None:
    from moto.s3 import models

    _bodies_on_disk(models)
    _event_bridge()


def _bodies_on_disk(models: Any) -> None:
    if "tempfile" not in vars(models):
        raise Outdated("moto keeps S3 bodies elsewhere now")
    models.tempfile = types.SimpleNamespace(SpooledTemporaryFile=Blob)

    def reduce_key(key: Any) -> Any:
        # moto's own __getstate__ reads the whole body into the pickle
        state = {name: value for name, value in key.__dict__.items() if name != "lock"}
        return (_blank, (models.FakeKey,), state, None, None, _restore_key)

    pickling.register_type(models.FakeKey, reduce_key)


def _blank(kind: Any) -> Any:
    return kind.__new__(kind)


def _restore_key(key: Any, state: dict[str, Any]) -> None:
    import threading

    key.__dict__.update(state, lock=threading.Lock())


def _event_bridge() -> None:
    """moto stores an EventBridge configuration but never answers it, so Terraform would switch it on for ever."""
    from moto.s3.responses import S3Response

    def make(original: Any) -> Any:
        def get_bucket_notification(self: Any) -> Any:
            status, headers, body = original(self)
            stored = self.backend.get_bucket_notification_configuration(self.bucket_name)
            if stored is None or stored.event_bridge is None:
                return status, headers, body
            return status, headers, _with_event_bridge(body.decode() if isinstance(body, bytes) else str(body))

        return get_bucket_notification

    wrap(S3Response, "get_bucket_notification", make)


def _with_event_bridge(text: str) -> str:
    mark = "<EventBridgeConfiguration></EventBridgeConfiguration>"
    name = "NotificationConfiguration"
    if f"</{name}>" in text:
        return text.replace(f"</{name}>", f"{mark}</{name}>")
    head, _, _ = text.rpartition("/>")
    return f"{head}>{mark}</{name}>"
