"""Instance types of a pool: known, with a usable GPU, and all of one memory class."""

from __future__ import annotations

from collections.abc import Iterator

from cosmosctl.catalog import gpus
from cosmosctl.catalog.versions import versions
from cosmosctl.config.model import Deployment
from cosmosctl.findings import Finding, Level


def _types(deployment: Deployment) -> Iterator[tuple[str, str]]:
    """Path and name of every instance type."""
    for pool, spec in deployment.batch.pools.items():
        for index, name in enumerate(spec.instance_types):
            yield f"batch.pools.{pool}.instance_types[{index}]", name


def unknown_instance_type(deployment: Deployment) -> list[Finding]:
    """A GPU type that the catalogue does not know: most often a slip, so it is an error that can be skipped."""
    findings = []
    for path, name in _types(deployment):
        family = name.split(".", maxsplit=1)[0]
        if gpus.find(name) or family in gpus.UNUSABLE or family[:1] not in ("g", "p"):
            continue
        close = gpus.closest(name)
        hint = f"did you mean {close}?" if close else "--skip-check unknown_instance_type accepts it unchecked"
        findings.append(Finding(path, Level.ERROR, "unknown_instance_type", f"{name} {gpus.why_not(name)}", hint))
    return findings


def instance_without_gpu(deployment: Deployment) -> list[Finding]:
    findings = []
    for path, name in _types(deployment):
        if name[:1] not in ("g", "p"):
            message = f"{name} has no NVIDIA GPU"
            findings.append(Finding(path, Level.ERROR, "instance_without_gpu", message, "take a GPU type such as g6e.2xlarge"))
    return findings


def unusable_gpu(deployment: Deployment) -> list[Finding]:
    """Families that have a GPU of a kind that no worker image can use."""
    findings = []
    for path, name in _types(deployment):
        family = name.split(".", maxsplit=1)[0]
        known = gpus.find(name)
        if family in gpus.UNUSABLE:
            findings.append(Finding(path, Level.ERROR, "unusable_gpu", f"{name} {gpus.UNUSABLE[family]}", "take g6e, g7e or p5 instead"))
        elif known and known.gpu.architecture == "turing":
            message = f"{name} has a {known.gpu.name} (Turing); Cosmos models are made for Ampere and newer"
            findings.append(Finding(path, Level.WARNING, "unusable_gpu", message, "take g5, g6 or g6e instead"))
    return findings


def mixed_gpu_memory(deployment: Deployment) -> list[Finding]:
    """One pool, one GPU memory class: else a job that needs 48 GiB may land on a card of 24."""
    findings = []
    for pool, spec in deployment.batch.pools.items():
        classes: dict[int, list[str]] = {}
        for name in spec.instance_types:
            known = gpus.find(name)
            if known:
                classes.setdefault(known.gpu.memory_gib, []).append(name)
        if len(classes) > 1:
            listed = "; ".join(f"{memory} GiB: {', '.join(names)}" for memory, names in sorted(classes.items()))
            hint = "make one pool per GPU memory class"
            path = f"batch.pools.{pool}.instance_types"
            findings.append(Finding(path, Level.ERROR, "mixed_gpu_memory", f"mixes GPU memory classes ({listed})", hint))
    return findings


def duplicate_instance_type(deployment: Deployment) -> list[Finding]:
    findings = []
    for path, name in _types(deployment):
        pool = path.split(".")[2]
        index = int(path[path.rindex("[") + 1 : -1])
        if name in deployment.batch.pools[pool].instance_types[:index]:
            findings.append(Finding(path, Level.WARNING, "duplicate_instance_type", f"{name} is listed twice", "remove one"))
    return findings


def driver_floor(deployment: Deployment) -> list[Finding]:
    """Blackwell cards start with the newer driver branch only; said before a job finds out."""
    names = sorted({name for _path, name in _types(deployment) if _architecture(name) == "blackwell"})
    if not names:
        return []
    floor = versions().drivers["cuda13.0"]
    message = f"{', '.join(names)} have Blackwell GPUs and need NVIDIA driver {floor} or newer on the image {versions().ami_type}"
    return [Finding("batch.pools", Level.INFO, "driver_floor", message, "`cosmosctl test` runs on a real node and reports its driver")]


def _architecture(name: str) -> str:
    known = gpus.find(name)
    return known.gpu.architecture if known else ""
