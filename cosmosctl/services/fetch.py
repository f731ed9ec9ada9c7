"""Use case: the outputs of a run onto this machine, again and again without fetching a file twice."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from cosmosctl.errors import CosmosctlError
from cosmosctl.ports.objectstore import ObjectInfo, ObjectStore
from cosmosctl.runs.model import RunSpec

DOWNLOADS_AT_ONCE = 8


@dataclass(frozen=True)
class Fetched:
    folder: Path
    files: int
    downloaded: int
    bytes: int


def fetch(spec: RunSpec, store: ObjectStore, folder: Path, progress: Callable[[int, int, str], None]) -> Fetched:
    """Keeps sub-paths below `folder`; a file of the right size is left alone. Raises `run_failed` when there is no output."""
    wanted = list(store.list(spec.output_prefix))
    if not wanted:
        raise CosmosctlError("run_failed", "the run has no output yet", path=spec.run_id, hint=f"cosmosctl status {spec.run_id}")
    with ThreadPoolExecutor(DOWNLOADS_AT_ONCE, thread_name_prefix="fetch") as pool:
        downloaded = 0
        for done, fresh in enumerate(pool.map(lambda item: _one(item, spec, store, folder), wanted), start=1):
            downloaded += fresh
            progress(done, len(wanted), wanted[done - 1].key.rpartition("/")[2])
    return Fetched(folder, len(wanted), downloaded, sum(item.size for item in wanted))


def _one(item: ObjectInfo, spec: RunSpec, store: ObjectStore, folder: Path) -> bool:
    relative = PurePosixPath(item.key.removeprefix(spec.output_prefix))
    if ".." in relative.parts or relative.is_absolute():
        raise CosmosctlError("run_failed", "an output key would leave the target folder", path=item.key)
    target = folder / relative
    if target.exists() and target.stat().st_size == item.size:
        return False
    target.parent.mkdir(parents=True, exist_ok=True)
    store.download(item.key, target)
    return True
