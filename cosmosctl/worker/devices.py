"""Which GPUs this process may use, from what the driver says: no CUDA library is loaded to find out.

The container runtime shows only the GPUs that the job was given, and CUDA_VISIBLE_DEVICES narrows them further.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc/driver/nvidia/gpus")


@dataclass(frozen=True)
class Gpu:
    """`selector` is what CUDA_VISIBLE_DEVICES takes."""

    selector: str
    name: str


def visible_gpus(env: Mapping[str, str], root: Path = PROC) -> tuple[Gpu, ...]:
    present = [Gpu(str(number), _name(folder)) for number, folder in enumerate(sorted(root.iterdir()) if root.is_dir() else ())]
    chosen = env.get("CUDA_VISIBLE_DEVICES")
    if chosen is None:
        return tuple(present)
    by_number = {gpu.selector: gpu for gpu in present}
    fallback = present[0].name if present else ""
    names = [part.strip() for part in chosen.split(",") if part.strip() and part.strip() != "-1"]
    if not present:
        return ()
    return tuple(by_number.get(part, Gpu(part, fallback)) for part in names if part in by_number or not part.isdecimal())


def _name(folder: Path) -> str:
    try:
        lines = (folder / "information").read_text(errors="replace").splitlines()
    except OSError:
        return "NVIDIA GPU"
    found = [line.partition(":")[2].strip() for line in lines if line.startswith("Model")]
    return found[0] if found else "NVIDIA GPU"
