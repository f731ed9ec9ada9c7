"""A stack's HCL in the working folder.

Terraform writes its dependency lock beside the HCL, and the HCL may lie in a read-only checkout, in a wheel, or be shared
by two stacks. So every stack runs from its own copy, renewed only when the content changes.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

from cosmosctl.files import explained, write_atomic
from cosmosctl.ports.terraform import StackDir

SUFFIXES = {".tf", ".tftpl", ".json", ".tpl", ".sh", ".yaml", ".yml", ".mime"}
LOCAL_BACKEND = "backend_override.tf"


def _files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        hidden = any(part.startswith(".terraform") or part == "tests" for part in path.relative_to(folder).parts)
        if path.is_file() and path.suffix in SUFFIXES and not hidden:
            yield path


def _wanted(stack: StackDir) -> dict[str, bytes]:
    """Path in the copy -> content. The modules keep their place relative to the stack."""
    root = stack.source.parent.parent
    modules = root / "modules"
    wanted = {f"stacks/{stack.source.name}/{path.relative_to(stack.source)}": path.read_bytes() for path in _files(stack.source)}
    if modules.is_dir():
        wanted |= {f"modules/{path.relative_to(modules)}": path.read_bytes() for path in _files(modules)}
    for name, text in _extra(stack).items():
        wanted[f"stacks/{stack.source.name}/{name}"] = text.encode()
    return wanted


def _extra(stack: StackDir) -> Mapping[str, str]:
    if stack.backend:
        return stack.extra_files
    state = (stack.data_dir / "local.tfstate").as_posix()
    return {**stack.extra_files, LOCAL_BACKEND: f'terraform {{\n  backend "local" {{\n    path = "{state}"\n  }}\n}}\n'}


def content_hash(stack: StackDir) -> str:
    """Changes exactly when a file that Terraform reads changes."""
    digest = hashlib.sha256()
    for name, body in sorted(_wanted(stack).items()):
        digest.update(f"{name}\0{len(body)}\0".encode() + body)
    return digest.hexdigest()


def working_copy(stack: StackDir, root: Path) -> Path:
    """The folder for `-chdir`. A copy that was cut short has no mark and is made again."""
    copy = root / stack.stack
    mark = copy / "content"
    wanted = content_hash(stack)
    folder = copy / "stacks" / stack.source.name
    if mark.is_file() and mark.read_text(encoding="utf-8") == wanted:
        return folder
    with explained(copy):
        for part in ("content", "stacks", "modules"):
            target = copy / part
            target.unlink() if target.is_file() else shutil.rmtree(target, ignore_errors=True)
        for name, body in _wanted(stack).items():
            path = copy / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(body)
        write_atomic(mark, wanted)
    return folder
