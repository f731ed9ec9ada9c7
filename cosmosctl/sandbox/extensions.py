"""Finds and registers the extension modules, each when its service is first needed.

Registration imports moto's back end of that service (EC2 alone is a second and 120 MB), so a server that is only asked
for S3 must not pay for it. It must not know what an extension does.
"""

from __future__ import annotations

import importlib
import logging
import pkgutil
import threading
from functools import lru_cache
from types import ModuleType

from cosmosctl.sandbox import ext

log = logging.getLogger(__name__)
# signing name -> moto package, where they differ
PACKAGES = {
    "elasticfilesystem": "efs",
    "monitoring": "cloudwatch",
    "tagging": "resourcegroupstaggingapi",
    "lambda": "awslambda",
    "elasticloadbalancing": "elbv2",
    "eventbridge": "events",
    "s3express": "s3",
}
# these answer from many services' back ends
_WIDE = frozenset({"resourcegroupstaggingapi", "config", "cloudformation"})
_lock = threading.RLock()
_active: dict[str, ModuleType] = {}
_serving = threading.Event()


@lru_cache(maxsize=1)
def names() -> frozenset[str]:
    return frozenset(info.name for info in pkgutil.iter_modules(ext.__path__))


def active() -> list[str]:
    return sorted(_active)


def ensure(service: str) -> None:
    """Register the extension of a signing name (or module name) and what it depends on."""
    package = PACKAGES.get(service, service)
    for name in sorted(names()) if package in _WIDE else [package]:
        if name in names() and name not in _active:
            _register(name)


def _register(name: str) -> None:
    with _lock:
        if name in _active:
            return
        module = importlib.import_module(f"{ext.__name__}.{name}")
        for needed in getattr(module, "DEPENDS", ()):
            ensure(needed)
        module.register()
        _active[name] = module
        if _serving.is_set():
            _call(module, "on_start")


def start(restored: list[str]) -> None:
    """The state is in place: tell the extensions that were active, and from now on each new one at once."""
    with _lock:
        for name in restored:
            ensure(name)
        _serving.set()
        for module in list(_active.values()):
            _call(module, "on_start")


def stop() -> None:
    with _lock:
        _serving.clear()
        for module in reversed(list(_active.values())):
            _call(module, "on_stop")


def forget() -> None:
    """The account was reset: extensions with state of their own drop it. Runs between `stop` and `start`."""
    with _lock:
        for module in list(_active.values()):
            _call(module, "on_reset")


def _call(module: ModuleType, hook: str) -> None:
    function = getattr(module, hook, None)
    if function is None:
        return
    try:
        function()
    except Exception:  # one broken extension must not keep the others or the server down
        log.exception("%s of sandbox extension %s failed", hook, module.__name__)
