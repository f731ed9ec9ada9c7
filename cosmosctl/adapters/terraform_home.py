"""Where Terraform's providers come from: a file-system mirror when there is one, the registry otherwise.

The shell's own CLI configuration is taken over only if the file exists; without that rule a stale variable would break
every command. This module must not run Terraform.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from cosmosctl.errors import CosmosctlError
from cosmosctl.files import write_atomic

REGISTRY = "registry.terraform.io"
PREFIXES = ("/opt", "/usr/share/terraform", "/usr/local/share/terraform", "/usr/lib/terraform", "/usr/local/lib/terraform")
DEPTH = 2


def find_mirror(chosen: str, home: Path, prefixes: tuple[str, ...] = PREFIXES) -> Path | None:
    """The folder that holds `registry.terraform.io`. A chosen one must fit; otherwise the usual places are searched."""
    if chosen:
        folder = Path(chosen).expanduser()
        folder = folder.parent if folder.name == REGISTRY else folder
        if (folder / REGISTRY).is_dir():
            return folder
        raise CosmosctlError(
            "invalid_config",
            f"{folder} holds no folder {REGISTRY}",
            path="terraform.plugin_mirror",
            hint="terraform providers mirror DIR   makes such a folder",
        )
    own = [home / ".terraform.d" / "plugins", home / ".local" / "share" / "terraform" / "plugins"]
    for folder in [*own, *(candidate for prefix in prefixes for candidate in _below(Path(prefix), DEPTH))]:
        if (folder / REGISTRY).is_dir():
            return folder
    return None


def _below(root: Path, depth: int) -> list[Path]:
    """`root` and its folders down to `depth`; what may not be read is passed over."""
    folders, level = [root], [root]
    for _ in range(depth):
        level = [child for folder in level for child in _children(folder)]
        folders += level
    return folders


def _children(folder: Path) -> list[Path]:
    try:
        return sorted(child for child in folder.iterdir() if child.is_dir() and not child.is_symlink())
    except OSError:
        return []


def write_cli_config(path: Path, mirror: Path | None, env: Mapping[str, str]) -> Path:
    """Our own configuration file, or the user's when it exists and no mirror was found."""
    shell = env.get("TF_CLI_CONFIG_FILE", "")
    if mirror is None and shell and Path(shell).is_file():
        return Path(shell)
    lines = ["disable_checkpoint = true"]
    if mirror is not None:
        pattern = json.dumps(f"{REGISTRY}/*/*")
        lines += [
            "provider_installation {",
            f"  filesystem_mirror {{\n    path    = {json.dumps(str(mirror))}\n    include = [{_held(mirror) or pattern}]\n  }}",
            f"  direct {{\n    exclude = [{_held(mirror) or pattern}]\n  }}",
            "}",
        ]
    text = "\n".join(lines) + "\n"
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        write_atomic(path, text)
    return path


def _held(mirror: Path) -> str:
    """Exactly the providers that the mirror has, so that any other one still comes from the registry."""
    names = sorted(
        f"{REGISTRY}/{provider.parent.name}/{provider.name}" for provider in (mirror / REGISTRY).glob("*/*") if provider.is_dir()
    )
    return ", ".join(json.dumps(name) for name in names)
