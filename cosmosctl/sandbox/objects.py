"""S3 on disk: every acknowledged write or deletion is one record, so it survives kill -9.

A record holds the resulting state of one key, bucket or upload, never the request; writing one twice does no harm. It must
not know the other services.
"""

from __future__ import annotations

import xml.etree.ElementTree as Xml
from collections.abc import Iterable
from typing import Any
from urllib.parse import parse_qs

from cosmosctl.sandbox import blobs, pickling
from cosmosctl.sandbox.calls import Call
from cosmosctl.sandbox.journal import Journal

BUCKET, KEY, UPLOAD = "s3.bucket", "s3.key", "s3.upload"
_SEPARATOR = "\x00"
_journal: list[Journal] = []
_OWN = ("keys", "multiparts")


def install(journal: Journal) -> None:
    _journal[:] = [journal]


def record(call: Call) -> None:
    """Put the result of a successful S3 write on record. Runs while this is the only S3 write."""
    if not call.bucket:
        return
    if call.key:
        _record_object(call)
    elif call.method == "POST" and "delete" in parse_qs(call.query, keep_blank_values=True):
        record_keys(call.bucket, _deleted_keys(call.body))
    else:
        record_bucket(call.bucket)
    blobs.store[-1].sweep()


def record_keys(bucket_name: str, keys: Iterable[str]) -> None:
    """For code that changes objects without a request."""
    backend, bucket = _find(bucket_name)
    _journal[-1].write(KEY, [(bucket_name + _SEPARATOR + key, _key_state(backend, bucket, key)) for key in keys])


def record_bucket(bucket_name: str) -> None:
    backend, bucket = _find(bucket_name)
    if bucket is None:
        _forget(bucket_name)
        return
    state = {name: value for name, value in bucket.__dict__.items() if name not in _OWN}
    data = pickling.dumps((backend.account_id, backend.region_name, type(bucket), state, backend.tagger.tags.get(bucket.arn)))
    _journal[-1].put(BUCKET, bucket_name, data)


def _record_object(call: Call) -> None:
    query = parse_qs(call.query, keep_blank_values=True)
    if "uploadId" in query or "uploads" in query:
        _record_uploads(call, query.get("uploadId", [""])[0])
        if call.action != "CompleteMultipartUpload":
            return
    record_keys(call.bucket, [call.key])


def _record_uploads(call: Call, ident: str) -> None:
    _, bucket = _find(call.bucket)
    prefix = call.bucket + _SEPARATOR
    if call.action == "CompleteMultipartUpload":
        _drop_parts(bucket.keys.get(call.key))
    changes: list[tuple[str, bytes | None]] = []
    if ident:
        upload = bucket.multiparts.get(ident)
        changes.append((prefix + ident, None if upload is None else pickling.dumps(upload)))
    else:
        changes += [(prefix + name, pickling.dumps(upload)) for name, upload in bucket.multiparts.items() if upload.key_name == call.key]
    _journal[-1].write(UPLOAD, changes)


def _drop_parts(key: Any) -> None:
    """moto keeps the parts beside the joined object, twice the disk space."""
    if key is not None and getattr(key, "multipart", None) is not None:
        key.multipart.dispose()
        key.multipart = None


def _key_state(backend: Any, bucket: Any, key: str) -> bytes | None:
    versions = bucket.keys.getlist(key) if bucket is not None else None
    if not versions:
        return None
    tags = {version.arn: backend.tagger.tags[version.arn] for version in versions if getattr(version, "arn", None) in backend.tagger.tags}
    return pickling.dumps((versions, tags))


def _find(bucket_name: str) -> tuple[Any, Any]:
    from moto.s3.models import s3_backends

    partition, account = s3_backends.bucket_accounts.get(bucket_name, ("", ""))
    if not account:
        return None, None
    backend = s3_backends[account][partition]
    return backend, backend.buckets.get(bucket_name)


def _forget(bucket_name: str) -> None:
    journal = _journal[-1]
    for space in (KEY, UPLOAD):
        journal.write(space, [(name, None) for name, _ in journal.items(space) if name.partition(_SEPARATOR)[0] == bucket_name])
    journal.delete(BUCKET, bucket_name)


def _deleted_keys(body: bytes) -> list[str]:
    root = Xml.fromstring(body)  # noqa: S314 (our own clients)
    return [item.text or "" for item in root.iter() if item.tag.rpartition("}")[2] == "Key"]


def restore() -> int:
    """Bring back every recorded bucket, key and upload; the number of keys."""
    journal = _journal[-1]
    buckets = {name: _restore_bucket(data) for name, data in journal.items(BUCKET)}
    kept: set[str] = set()
    count = 0
    for name, data in journal.items(KEY):
        bucket_name, _, key = name.partition(_SEPARATOR)
        versions, tags = pickling.loads(data)
        kept.update(_files(versions))
        if bucket_name in buckets:
            backend, bucket = buckets[bucket_name]
            dict.__setitem__(bucket.keys, key, versions)
            backend.tagger.tags.update(tags)
            count += 1
    for name, data in journal.items(UPLOAD):
        bucket_name, _, ident = name.partition(_SEPARATOR)
        upload = pickling.loads(data)
        kept.update(_files(upload.parts.values()))
        if bucket_name in buckets:
            buckets[bucket_name][1].multiparts[ident] = upload
    blobs.store[-1].remove_except(kept)
    return count


def _files(versions: Iterable[Any]) -> Iterable[str]:
    found = (getattr(getattr(version, "key", version), "_value_buffer", None) for version in versions)
    return [blob.file_name for blob in found if blob is not None and blob.file_name]


def _restore_bucket(data: bytes) -> tuple[Any, Any]:
    from moto.s3.models import MultipartDict, s3_backends
    from moto.s3.utils import _VersionedKeyStore

    account, partition, kind, state, tags = pickling.loads(data)
    backend = s3_backends[account][partition]
    bucket = kind.__new__(kind)
    bucket.__dict__.update(state, keys=_VersionedKeyStore(), multiparts=MultipartDict())
    backend.buckets[bucket.name] = bucket
    s3_backends.bucket_accounts[bucket.name] = (partition, account)
    if tags:
        backend.tagger.tags[bucket.arn] = tags
    return backend, bucket
