"""EC2 instance types with a whole NVIDIA GPU on an x86 host: what they hold, and what to say about all others.

GPU memory has two figures: the label that people and blueprints use, and the usable MiB that the EC2 API reports, which
is less. Figures: EC2 instance type API as of 2026-07. Must not know prices, pools or blueprints.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from functools import cache


@dataclass(frozen=True)
class Gpu:
    name: str
    memory_gib: int  # label, per device
    usable_mib: int  # per device
    architecture: str  # Cosmos needs Ampere or newer


@dataclass(frozen=True)
class InstanceType:
    name: str
    gpu: Gpu
    gpus: int
    vcpus: int
    ram_gib: int
    nvme_gb: int  # instance store in total, lost on stop
    network_gbps: int
    burst: bool  # the network figure is a peak, not a baseline
    spot: bool = True  # sold on the spot market

    @property
    def family(self) -> str:
        return self.name.split(".", maxsplit=1)[0]

    @property
    def quota_class(self) -> str:
        """`G` (G and VT quota) or `P`."""
        return self.name[0].upper()

    @property
    def container_mib(self) -> int:
        """Memory that a job may ask for: kernel and ECS agent keep about 6 % of the host, at least 512 MiB."""
        ram = self.ram_gib * 1024
        return ram - max(512, ram * 6 // 100)


T4 = Gpu("T4", 16, 15_360, "turing")
A10G = Gpu("A10G", 24, 22_888, "ampere")
L4 = Gpu("L4", 24, 22_888, "ada")
L40S = Gpu("L40S", 48, 45_776, "ada")
RTX4500 = Gpu("RTX PRO 4500", 32, 32_768, "blackwell")
RTX6000 = Gpu("RTX PRO 6000", 96, 98_304, "blackwell")
A100_40 = Gpu("A100", 40, 40_960, "ampere")
A100_80 = Gpu("A100", 80, 81_920, "ampere")
H100 = Gpu("H100", 80, 81_920, "hopper")
H200 = Gpu("H200", 141, 144_384, "hopper")
B200 = Gpu("B200", 179, 183_359, "blackwell")
B300 = Gpu("B300", 268, 275_040, "blackwell")

# family -> GPU, then size -> (GPUs, vCPUs, RAM GiB, NVMe GB, network Gb/s; negative = burst)
_TABLE: dict[str, tuple[Gpu, dict[str, tuple[int, int, int, int, int]]]] = {
    "g4dn": (T4, {
        "xlarge": (1, 4, 16, 125, -25), "2xlarge": (1, 8, 32, 225, -25), "4xlarge": (1, 16, 64, 225, -25), "8xlarge": (1, 32, 128, 900, 50),
        "12xlarge": (4, 48, 192, 900, 50), "16xlarge": (1, 64, 256, 900, 50),
    }),
    "g5": (A10G, {
        "xlarge": (1, 4, 16, 250, -10), "2xlarge": (1, 8, 32, 450, -10), "4xlarge": (1, 16, 64, 600, -25), "8xlarge": (1, 32, 128, 900, 25),
        "12xlarge": (4, 48, 192, 3800, 40), "16xlarge": (1, 64, 256, 1900, 25), "24xlarge": (4, 96, 384, 3800, 50),
        "48xlarge": (8, 192, 768, 7600, 100),
    }),
    "g6": (L4, {
        "xlarge": (1, 4, 16, 250, -10), "2xlarge": (1, 8, 32, 450, -10), "4xlarge": (1, 16, 64, 600, -25), "8xlarge": (1, 32, 128, 900, 25),
        "12xlarge": (4, 48, 192, 3760, 40), "16xlarge": (1, 64, 256, 1880, 25), "24xlarge": (4, 96, 384, 3760, 50),
        "48xlarge": (8, 192, 768, 7520, 100),
    }),
    "gr6": (L4, {"4xlarge": (1, 16, 128, 600, -25), "8xlarge": (1, 32, 256, 900, 25)}),
    "g6e": (L40S, {
        "xlarge": (1, 4, 32, 250, -20), "2xlarge": (1, 8, 64, 450, -20), "4xlarge": (1, 16, 128, 600, 20), "8xlarge": (1, 32, 256, 900, 25),
        "12xlarge": (4, 48, 384, 3800, 100), "16xlarge": (1, 64, 512, 1900, 35), "24xlarge": (4, 96, 768, 3800, 200),
        "48xlarge": (8, 192, 1536, 7600, 400),
    }),
    "g7": (RTX4500, {
        "2xlarge": (1, 8, 32, 440, -60), "4xlarge": (1, 16, 64, 875, -100), "8xlarge": (1, 32, 128, 930, 100),
        "12xlarge": (2, 48, 192, 1900, 175), "24xlarge": (4, 96, 384, 3800, 350), "48xlarge": (8, 192, 768, 7600, 700),
    }),
    "g7e": (RTX6000, {
        "2xlarge": (1, 8, 64, 1900, 50), "4xlarge": (1, 16, 128, 1900, 50), "8xlarge": (1, 32, 256, 1900, 100),
        "12xlarge": (2, 48, 512, 3800, 400), "24xlarge": (4, 96, 1024, 7600, 800), "48xlarge": (8, 192, 2048, 15_200, 1600),
    }),
    "p4d": (A100_40, {"24xlarge": (8, 96, 1152, 8000, 400)}),
    "p4de": (A100_80, {"24xlarge": (8, 96, 1152, 8000, 400)}),
    "p5": (H100, {"4xlarge": (1, 16, 256, 3800, 100), "48xlarge": (8, 192, 2048, 30_400, 3200)}),
    "p5e": (H200, {"48xlarge": (8, 192, 2048, 30_400, 3200)}),
    "p5en": (H200, {"48xlarge": (8, 192, 2048, 30_400, 3200)}),
    "p6-b200": (B200, {"48xlarge": (8, 192, 2048, 30_400, 3200)}),
    "p6-b300": (B300, {"48xlarge": (8, 192, 4096, 30_400, 6400)}),
}  # fmt: skip

# Sold through Capacity Blocks only, so neither on demand nor spot will start one.
CAPACITY_BLOCK_ONLY = frozenset({"p5e.48xlarge"})

# GPU families that exist and cannot be used, with the reason.
UNUSABLE: dict[str, str] = {
    "g6f": "holds only a fraction of a GPU",
    "gr6f": "holds only a fraction of a GPU",
    "g5g": "has ARM processors; the images are built for x86",
    "g4ad": "has AMD GPUs; Cosmos needs NVIDIA",
    "g3": "has a GPU too old for the CUDA version that Cosmos needs",
    "g3s": "has a GPU too old for the CUDA version that Cosmos needs",
    "p2": "has a GPU too old for the CUDA version that Cosmos needs",
    "p3": "has a GPU too old for Cosmos (Volta; Ampere or newer is needed)",
    "p3dn": "has a GPU too old for Cosmos (Volta; Ampere or newer is needed)",
    "p6e-gb200": "has ARM processors; the images are built for x86",
}


@cache
def catalogue() -> dict[str, InstanceType]:
    """Every known type by name."""
    out = {}
    for family, (gpu, sizes) in _TABLE.items():
        for size, (gpus, vcpus, ram, nvme, network) in sizes.items():
            name = f"{family}.{size}"
            out[name] = InstanceType(name, gpu, gpus, vcpus, ram, nvme, abs(network), network < 0, name not in CAPACITY_BLOCK_ONLY)
    return out


def find(name: str) -> InstanceType | None:
    return catalogue().get(name)


def closest(name: str) -> str:
    """The known type that was probably meant, "" when nothing is near."""
    close = difflib.get_close_matches(name.lower(), catalogue(), n=1, cutoff=0.6)
    return close[0] if close else ""


def why_not(name: str) -> str:
    """Why a type that `find` does not know cannot be used."""
    family = name.split(".", maxsplit=1)[0]
    if family in UNUSABLE:
        return UNUSABLE[family]
    if family in _TABLE:
        return f"is not a size of {family} (known: {', '.join(_TABLE[family][1])})"
    if family[:1] not in ("g", "p"):
        return "has no NVIDIA GPU"
    return "is not in the catalogue of GPU instance types"


def with_memory(memory_gib: int) -> list[InstanceType]:
    """Types whose GPUs hold at least `memory_gib`, smallest GPU and fewest vCPUs first."""
    fitting = [item for item in catalogue().values() if item.gpu.memory_gib >= memory_gib and item.spot]
    return sorted(fitting, key=lambda item: (item.gpu.memory_gib, item.gpus, item.vcpus, item.name))


def smallest(names: list[str]) -> InstanceType | None:
    """The known type with the fewest vCPUs: the most hosts that a pool can hold are counted in it."""
    return min((item for item in (find(name) for name in names) if item), key=lambda item: item.vcpus, default=None)
