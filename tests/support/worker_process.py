"""The worker as a real process on a folder store, with an engine that sleeps: for tests that kill it.

`python -m tests.support.worker_process` with FAKE_STORE, FAKE_STEP (seconds a sample), FAKE_KILL (a sample that kills its
process), FAKE_DEAF (the engine does not notice that it should stop).
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType

from cosmosctl.worker.__main__ import main
from cosmosctl.worker.engines.base import Outcome, Task
from tests.support.run_kit import FakeEngine
from tests.support.stores import FolderStore


class SleepingEngine(FakeEngine):
    def run(self, tasks: Sequence[Task], cancelled: Callable[[], bool]) -> Sequence[Outcome]:
        end = time.monotonic() + float(os.environ.get("FAKE_STEP", "0"))
        while time.monotonic() < end and (os.environ.get("FAKE_DEAF") or not cancelled()):
            time.sleep(0.005)
        if any(task.sample_id == os.environ.get("FAKE_KILL") for task in tasks):
            os.kill(os.getpid(), signal.SIGKILL)
        return super().run(tasks, cancelled)


def install() -> None:
    name = "cosmosctl.worker.engines.fake"
    module = ModuleType(name)
    module.__spec__ = ModuleSpec(name, None)
    module.create = SleepingEngine  # type: ignore[attr-defined]
    sys.modules[name] = module


if __name__ == "__main__":
    install()
    folder = FolderStore(Path(os.environ["FAKE_STORE"]))
    sys.exit(main(sys.argv[1:], os.environ, lambda bucket: folder, [sys.executable, "-m", "tests.support.worker_process"]))
