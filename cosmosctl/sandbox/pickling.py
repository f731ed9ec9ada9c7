"""How moto's objects go to disk and come back: back ends by name, locks anew, keys as PEM, functions by their code.

A pickle is tied to class layout, so a snapshot is only read by the versions that wrote it, and only from its owner's
folder. It must not know services, with the one exception that a type needs it (`register_type`).
"""

from __future__ import annotations

import importlib
import io
import marshal
import pickle
import sys
import threading
import types
from collections import defaultdict
from collections.abc import Callable
from functools import cached_property
from typing import Any

from moto.core.base_backend import AccountSpecificBackend, BackendDict, BaseBackend

_LOCK, _RLOCK = type(threading.Lock()), type(threading.RLock())
_SYNC = (threading.Condition, threading.Event, threading.Semaphore)
Reducer = Callable[[Any], Any]
_types: dict[type, Reducer] = {}


def register_type(kind: type, reducer: Reducer) -> None:
    """`reducer(object)` gives what `__reduce__` would, for a type whose own is missing or wrong."""
    _types[kind] = reducer


def backend_dicts() -> dict[int, tuple[str, str, BackendDict]]:
    """Every collection of back ends that is loaded, by identity, with a name under which it can be imported again."""
    found: dict[int, tuple[str, str, BackendDict]] = {}
    for module_name, module in sorted(sys.modules.items()):
        if not module_name.startswith("moto."):
            continue
        for name, value in list(vars(module).items()):
            if isinstance(value, BackendDict):
                found.setdefault(id(value), (module_name, name, value))
    return found


class Writer(pickle.Pickler):
    def __init__(self, file: io.BytesIO) -> None:
        super().__init__(file, protocol=5)

    @cached_property
    def _names(self) -> dict[int, tuple[str, ...]]:
        """Found when the first back end is met: records of single S3 keys hold none."""
        names: dict[int, tuple[str, ...]] = {}
        for module, name, collection in backend_dicts().values():
            names[id(collection)] = ("dict", module, name)
            for account, regions in dict.items(collection):
                names[id(regions)] = ("account", module, name, account)
                for region, backend in dict.items(regions):
                    names[id(backend)] = ("backend", module, name, account, region)
        return names

    def persistent_id(self, item: Any) -> Any:
        if isinstance(item, (BackendDict, BaseBackend, AccountSpecificBackend)):
            return self._names.get(id(item))
        if isinstance(item, (_LOCK, _RLOCK)):
            return ("lock", isinstance(item, _RLOCK))
        if isinstance(item, _SYNC):
            return ("sync", type(item).__name__)
        if isinstance(item, types.ModuleType):
            return ("module", item.__name__)
        return None

    def reducer_override(self, item: Any) -> Any:
        for kind in type(item).__mro__:
            if kind in _types:
                return _types[kind](item)
        if isinstance(item, types.FunctionType) and ("<lambda>" in item.__qualname__ or "<locals>" in item.__qualname__):
            cells = tuple(cell.cell_contents for cell in item.__closure__ or ())
            return (_function, (item.__module__, item.__name__, marshal.dumps(item.__code__), item.__defaults__, cells))
        if isinstance(item, defaultdict) and type(item) is not defaultdict:  # its own __reduce__ calls a constructor it does not know
            state = (dict(item.__dict__), item.default_factory)
            return (_blank, (type(item),), state, None, iter(list(dict.items(item))), _restore_defaultdict)
        if isinstance(item, types.GeneratorType):
            return (iter, ((),))  # a paging cursor; its client starts anew
        if hasattr(item, "private_bytes") and hasattr(item, "public_key"):
            return (_private_key, (_pem(item),))
        return NotImplemented


class Reader(pickle.Unpickler):
    def persistent_load(self, ident: Any) -> Any:
        kind = ident[0]
        if kind == "lock":
            return threading.RLock() if ident[1] else threading.Lock()
        if kind == "sync":
            return getattr(threading, ident[1])()
        module = importlib.import_module(ident[1])
        if kind == "module":
            return module
        found = getattr(module, ident[2])
        for step in ident[3:]:
            found = found[step]
        return found


def dumps(value: Any) -> bytes:
    """Raises an exception that names what could not be written."""
    buffer = io.BytesIO()
    Writer(buffer).dump(value)
    return buffer.getvalue()


def loads(data: bytes) -> Any:
    return Reader(io.BytesIO(data)).load()


def _blank(kind: Any) -> Any:
    return kind.__new__(kind)


def _restore_defaultdict(item: Any, state: tuple[dict[str, Any], Any]) -> None:
    item.__dict__.update(state[0])
    item.default_factory = state[1]


def _pem(key: Any) -> bytes:
    from cryptography.hazmat.primitives import serialization as form

    return bytes(key.private_bytes(form.Encoding.PEM, form.PrivateFormat.PKCS8, form.NoEncryption()))


def _private_key(pem: bytes) -> Any:
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    return load_pem_private_key(pem, None)


def _function(module: str, name: str, code: bytes, defaults: Any, cells: tuple[Any, ...]) -> types.FunctionType:
    scope = importlib.import_module(module).__dict__
    return types.FunctionType(marshal.loads(code), scope, name, defaults, tuple(types.CellType(cell) for cell in cells))  # noqa: S302
