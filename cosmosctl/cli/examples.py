"""The examples under a command's help, in one form; a test runs the help of every command and looks for two."""

from __future__ import annotations


def examples(*commands: str) -> str:
    return "Examples:\n\n  " + "\n\n  ".join(commands)
