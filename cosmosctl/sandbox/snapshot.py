"""The whole state of the embedded AWS in one file: written atomically, restored at start, refused across versions.

S3 is not in it (`objects` keeps it record by record). It must not know single services.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import threading
import time
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from cosmosctl.sandbox import blobs, extensions, objects, state
from cosmosctl.sandbox.journal import Journal

log = logging.getLogger(__name__)
MAGIC = b"cosmosctl sandbox state\n"
FORMAT = 1
FILE = "state.snapshot"
_SEPARATE = frozenset({"moto.s3.models"})
Dump = Callable[[], Any]
Load = Callable[[Any], None]
_extras: dict[str, tuple[Dump, Load]] = {}
_pending: dict[str, Any] = {}
_journal: list[Journal] = []
_facts: dict[str, Any] = {}
_saving = threading.Lock()
_dirty = threading.Event()
_restored: list[str] = []


class WrongVersion(Exception):
    """The snapshot was written by other versions than ours."""


def register_extra(name: str, dump: Dump, load: Load) -> None:
    """State of an extension that lives outside moto's back ends. `dump` runs while no request does and returns picklable
    data (it may hold moto's objects); `load` gets it back before `on_start`, also when it registers late, and None when
    the account is reset."""
    _extras[name] = (dump, load)
    if name in _pending:
        load(_pending.pop(name))


def journal() -> Journal:
    """For what must survive kill -9 at once: an extension takes its own `space` names in it."""
    return _journal[-1]


def touch() -> None:
    """State outside S3 changed: write a snapshot soon."""
    _dirty.set()


def is_dirty() -> bool:
    return _dirty.is_set()


def facts() -> dict[str, Any]:
    return {**_facts, "dirty": _dirty.is_set()}


def restored() -> list[str]:
    """Extensions that the restored state belongs to."""
    return list(_restored)


def _file() -> Path:
    return state.current().state_dir / FILE


def open_state() -> None:
    """Take the folder for this process and restore what the last server left. Raises `WrongVersion`."""
    server = state.current()
    server.objects_dir.mkdir(exist_ok=True, mode=0o700)
    blobs.store[:] = [blobs.BlobStore(server.objects_dir)]
    _journal[:] = [Journal(server.objects_dir / "index.db")]
    objects.install(_journal[-1])
    started = time.perf_counter()
    keys = 0
    if next(_journal[-1].items(objects.BUCKET), None):
        extensions.ensure("s3")
        keys = objects.restore()
    if _file().exists():
        _restore(_file().read_bytes())
    _facts["restore_seconds"] = round(time.perf_counter() - started, 3)
    _facts["restored_keys"] = keys


def _header() -> dict[str, Any]:
    import moto

    return {"format": FORMAT, "moto": moto.__version__, "python": f"{sys.version_info.major}.{sys.version_info.minor}"}


def _restore(data: bytes) -> None:
    from cosmosctl.sandbox import pickling

    line, _, payload = data.removeprefix(MAGIC).partition(b"\n")
    header = json.loads(line) if data.startswith(MAGIC) else {}
    ours = _header()
    other = [f"{name} {header.get(name)} (here {ours[name]})" for name in ours if header.get(name) != ours[name]]
    if other:
        raise WrongVersion(f"the saved state of this sandbox was written by {', '.join(other)}")
    if zlib.crc32(payload) != header["crc"]:
        raise WrongVersion("the saved state of this sandbox is damaged")
    for name in header["extensions"]:
        extensions.ensure(name)
    content = pickling.loads(zlib.decompress(payload))
    for (module, name, account, region), attributes in content["backends"].items():
        backend = getattr(__import__(module, fromlist=[name]), name)[account][region]
        backend.__dict__.clear()
        backend.__dict__.update(attributes)
    state.current().settings.merge(content["settings"])
    _pending.update(content["extras"])
    for name in [name for name in _pending if name in _extras]:
        _extras[name][1](_pending.pop(name))
    _restored[:] = header["extensions"]


def save(force: bool = False) -> dict[str, Any]:
    """Write the snapshot if anything changed since the last one. Must not be called inside a request."""
    with _saving:
        if not (force or _dirty.is_set()):
            return facts()
        try:
            _facts.update(_write())
        except Exception as error:
            _dirty.set()  # the old snapshot stays, and the next occasion tries again
            _facts["error"] = f"{type(error).__name__}: {error}"
            raise
        _facts.pop("error", None)
        return facts()


def _write() -> dict[str, Any]:
    started = time.perf_counter()
    with state.current().gate.exclusive():
        _dirty.clear()
        raw, count = _collect()
    held = time.perf_counter() - started
    data = zlib.compress(raw, 1)
    header = {**_header(), "crc": zlib.crc32(data), "extensions": extensions.active(), "time": round(time.time(), 3)}
    _replace(_file(), MAGIC + json.dumps(header).encode() + b"\n" + data)
    return {
        "bytes": len(data),
        "backends": count,
        "held_seconds": round(held, 3),
        "seconds": round(time.perf_counter() - started, 3),
        "saved": header["time"],
        "saves": _facts.get("saves", 0) + 1,
    }


def _collect() -> tuple[bytes, int]:
    from cosmosctl.sandbox import pickling

    backends: dict[tuple[str, str, str, str], Any] = {}
    for module, name, collection in pickling.backend_dicts().values():
        if collection.backend.__module__ in _SEPARATE:
            continue
        for account, regions in dict.items(collection):
            for region, backend in dict.items(regions):
                backends[module, name, account, region] = backend.__dict__
    extras = {**_pending, **{name: dump() for name, (dump, _) in _extras.items()}}
    content = {"backends": backends, "extras": extras, "settings": state.current().settings.as_dict()}
    return pickling.dumps(content), len(backends)


def _replace(path: Path, data: bytes) -> None:
    temporary = path.with_suffix(".tmp")
    handle = os.open(temporary, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    os.replace(temporary, path)


def reset() -> dict[str, Any]:
    """A new, empty account."""
    from moto.core.base_backend import BackendDict

    extensions.stop()  # outside the gate: its threads may be waiting for it
    with _saving, state.current().gate.exclusive():
        BackendDict.reset()
        _pending.clear()
        for _, load in _extras.values():
            load(None)
        extensions.forget()
        state.current().settings.clear()
        _journal[-1].clear()
        blobs.store[-1].clear()
        _file().unlink(missing_ok=True)
        _dirty.clear()
    extensions.start([])
    return {"reset": True}


def close_state() -> None:
    try:
        save()
    finally:
        _journal[-1].close()
