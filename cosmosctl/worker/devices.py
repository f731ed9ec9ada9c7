"""Which GPUs this process may use, from what the driver says: no CUDA library is loaded to find out.

The container runtime shows only the GPUs that the job was given, and CUDA_VISIBLE_DEVICES narrows them further.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc/driver/nvidia/gpus")
DEV = Path("/dev")


@dataclass(frozen=True)
class Gpu:
    """`selector` is what CUDA_VISIBLE_DEVICES takes."""

    selector: str
    name: str


def visible_gpus(env: Mapping[str, str], root: Path = PROC, dev: Path = DEV) -> tuple[Gpu, ...]:
    names = _present(root, dev)
    present = [Gpu(str(number), name) for number, name in enumerate(names)]
    chosen = env.get("CUDA_VISIBLE_DEVICES")
    if chosen is None:
        return tuple(present)
    by_number = {gpu.selector: gpu for gpu in present}
    fallback = present[0].name if present else ""
    wanted = [part.strip() for part in chosen.split(",") if part.strip() and part.strip() != "-1"]
    if not present:
        return ()
    return tuple(by_number.get(part, Gpu(part, fallback)) for part in wanted if part in by_number or not part.isdecimal())


def _present(root: Path, dev: Path) -> list[str]:
    """Names from the driver; without its folder (some container runtimes) the device nodes are counted."""
    if root.is_dir():
        return [_name(folder) for folder in sorted(root.iterdir())]
    return ["NVIDIA GPU" for node in dev.glob("nvidia*") if node.name.removeprefix("nvidia").isdecimal()]


def _name(folder: Path) -> str:
    try:
        lines = (folder / "information").read_text(errors="replace").splitlines()
    except OSError:
        return "NVIDIA GPU"
    found = [line.partition(":")[2].strip() for line in lines if line.startswith("Model")]
    return found[0] if found else "NVIDIA GPU"
