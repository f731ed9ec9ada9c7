"""Facts of this machine: Terraform's and Python's versions, and where the provider would come from."""

from __future__ import annotations

import platform
import urllib.error
import urllib.request
from pathlib import Path

from cosmosctl.adapters.terraform_home import REGISTRY, find_mirror
from cosmosctl.errors import CosmosctlError
from cosmosctl.ports.facts import CouldNotCheck, Fact, Lookup, ProviderSource
from cosmosctl.ports.terraform import Terraform

TIMEOUT_S = 5.0


class LocalTools:
    """`ports.facts.ToolFacts`. `mirror` is the configured folder, "" to search the usual places."""

    def __init__(self, terraform: Terraform, mirror: str, home: Path, provider: str = "hashicorp/aws") -> None:
        self._terraform, self._mirror, self._home, self._provider = terraform, mirror, home, provider

    def terraform(self) -> Lookup[str]:
        try:
            return Fact(self._terraform.version())
        except CosmosctlError as error:
            return CouldNotCheck(error.message)

    def python(self) -> str:
        return platform.python_version()

    def provider(self) -> Lookup[ProviderSource]:
        try:
            mirror = find_mirror(self._mirror, self._home)
        except CosmosctlError as error:
            return CouldNotCheck(error.message)
        folder = mirror / REGISTRY / self._provider if mirror else None
        if mirror and folder and folder.is_dir():
            return Fact(ProviderSource(str(mirror), True, _versions(folder)))
        return _registry()


def _versions(folder: Path) -> tuple[str, ...]:
    """Unpacked mirrors hold folders by version, packed ones archives with the version in their name."""
    unpacked = {item.name for item in folder.iterdir() if item.is_dir()}
    packed = {item.name.split("_")[1] for item in folder.glob("terraform-provider-*_*_*.zip")}
    return tuple(sorted(unpacked | packed))


def _registry() -> Lookup[ProviderSource]:
    request = urllib.request.Request(f"https://{REGISTRY}/.well-known/terraform.json", headers={"User-Agent": "cosmosctl"})
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_S):  # noqa: S310  fixed https address
            return Fact(ProviderSource(REGISTRY, False))
    except (OSError, ValueError) as error:
        return CouldNotCheck(f"{REGISTRY} does not answer ({getattr(error, 'reason', error)}) and no provider mirror was found")
