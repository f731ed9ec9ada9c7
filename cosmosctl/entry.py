"""The console script. `--version` is answered before anything is imported, because scripts ask for it in loops."""

from __future__ import annotations

import os
import sys

from cosmosctl import __version__


def main() -> None:
    """Runs the command line of this process and exits with its status (see `errors.ExitStatus`)."""
    if sys.argv[1:] in (["--version"], ["-V"]):
        sys.stdout.write(f"cosmosctl {__version__}\n")
        return
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")  # looking for plugins costs a tenth of the start-up
    from cosmosctl.cli.app import run

    sys.exit(run(sys.argv[1:]))
