"""python-terraform reduced to what works on Terraform 1.x: building an argument list.

Its `cmd`, `destroy`, `output` and state parsing are broken there (`-force`, `-synchronous`, the pre-0.12 output wrapper),
and a misspelt method silently becomes a Terraform command. So nothing but `build` may be used.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from python_terraform import IsFlagged
from python_terraform import Terraform as Library

FLAG = IsFlagged


class Argv(Library):  # type: ignore[misc]
    """Builds `terraform -chdir=DIR COMMAND -option=value ... ARGUMENT ...`."""

    def __init__(self, binary: str) -> None:
        super().__init__(terraform_bin_path=binary, is_env_vars_included=False)

    def __getattr__(self, item: str) -> Any:
        raise AttributeError(item)

    def read_state_file(self, file_path: str | None = None) -> None:
        """The library reads a state from the current folder on creation; ours is in S3."""
        self.tfstate = None

    def build(self, chdir: Path, command: str, *arguments: str, **options: Any) -> list[str]:
        values = {key: _backend(value) if isinstance(value, Mapping) else value for key, value in options.items()}
        binary, *rest = self.generate_cmd_string(command, *arguments, **values)
        return [binary, f"-chdir={chdir}", *rest]


def _backend(values: Mapping[str, Any]) -> dict[str, str]:
    """The library prints Python's `True`; Terraform wants `true`."""
    return {key: str(value).lower() if isinstance(value, bool) else str(value) for key, value in values.items()}
