"""S3: bodies on disk, and what moto's S3 forgets or refuses.

It must not know how records are written.
"""

from __future__ import annotations

import base64
import types
from bisect import bisect_left, insort
from typing import Any
from urllib.parse import quote

from cosmosctl.sandbox import listing, pickling
from cosmosctl.sandbox.blobs import Blob
from cosmosctl.sandbox.patching import Outdated, wrap

DEPENDS = ("iam",)


def register() -> None:
    from moto.s3 import models

    _bodies_on_disk(models)
    _event_bridge()
    _listing(models)


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


def _listing(models: Any) -> None:
    """Names are kept in order beside the keys. moto sorts all keys for each page, forgets its page tokens on restart, and
    shows folders in which everything is deleted."""
    from moto.s3.responses import S3Response
    from moto.s3.utils import _VersionedKeyStore

    for name in ("__setitem__", "setlist"):
        wrap(_VersionedKeyStore, name, _adding)
    wrap(_VersionedKeyStore, "pop", _removing)
    wrap(S3Response, "list_objects_v2", lambda _: _list_objects_v2)
    wrap(models.S3Backend, "list_objects", lambda _: _list_objects)


def _adding(original: Any) -> Any:
    def add(self: Any, key: str, value: Any) -> Any:
        fresh = key not in self
        answer = original(self, key, value)
        if fresh and "names" in self.__dict__:
            insort(self.names, key)
        return answer

    return add


def _removing(original: Any) -> Any:
    def pop(self: Any, key: str) -> None:
        original(self, key)
        if "names" in self.__dict__:
            del self.names[bisect_left(self.names, key)]

    return pop


def _page(bucket: Any, prefix: str | None, delimiter: str | None, after: str, limit: int, folder: bool) -> listing.Page:
    store = bucket.keys
    if "names" not in store.__dict__:
        store.names = sorted(store)

    def live(name: str) -> bool:
        newest = store.get(name)
        return newest is not None and hasattr(newest, "_value_buffer")

    names = store.names[:]  # one copy, so that writes beside a listing cannot make it miss a key
    return listing.page(names, live, prefix or "", delimiter or "", after, limit, folder)


def _list_objects_v2(self: Any) -> Any:
    from moto.settings import get_s3_default_max_keys

    bucket = self.backend.get_bucket(self.bucket_name)

    def asked(name: str) -> str:
        return str(self.querystring.get(name, [""])[0] or "")

    raw = self._get_querystring(self.request, self.uri).get("prefix", [""])[0] or ""
    prefix = raw.decode() if isinstance(raw, bytes) else raw
    token, limit = asked("continuation-token"), int(asked("max-keys") or get_s3_default_max_keys())
    after, folder = _read_token(token) if token else (asked("start-after"), False)
    found = _page(bucket, prefix, asked("delimiter"), after, limit, folder)
    encode = quote if asked("encoding-type") == "url" else str
    entries = [_entry(key) for key in map(bucket.keys.get, found.keys) if key is not None]
    facts = {
        "Name": bucket.name,
        "Prefix": encode(prefix),
        "KeyCount": str(len(found.entries)),
        "MaxKeys": str(limit),
        "Delimiter": encode(asked("delimiter")),
        "EncodingType": asked("encoding-type"),
        "IsTruncated": "true" if found.last else "false",
        "ContinuationToken": token,
        "NextContinuationToken": _token(found.last, found.entries[-1][1]) if found.last else "",
        "StartAfter": encode("" if token else asked("start-after")),
    }
    return 200, {"Content-Type": "application/xml"}, listing.v2_document(facts, entries, found.folders, encode)


def _entry(key: Any) -> listing.Entry:
    return listing.Entry(
        key.name, key.last_modified_ISO8601, key.etag, key.size, key.storage_class or "STANDARD", key.checksum_algorithm or ""
    )


def _list_objects(
    _self: Any, bucket: Any, prefix: str | None, delimiter: str | None, marker: str | None, max_keys: int | None
) -> tuple[list[Any], list[str], bool, str | None]:
    folder = bool(marker and delimiter and marker.endswith(delimiter))
    found = _page(bucket, prefix, delimiter, marker or "", len(bucket.keys) + 1 if max_keys is None else max_keys, folder)
    keys = [item for item in (bucket.keys.get(name) for name in found.keys) if item is not None]
    return keys, found.folders, bool(found.last), found.last or None


def _token(last: str, folder: bool) -> str:
    return base64.urlsafe_b64encode(f"{'f' if folder else 'k'}{last}".encode()).decode()


def _read_token(token: str) -> tuple[str, bool]:
    from moto.s3.exceptions import InvalidContinuationToken

    try:
        text = base64.urlsafe_b64decode(token).decode()
    except ValueError as error:
        raise InvalidContinuationToken from error
    return text[1:], text[:1] == "f"
