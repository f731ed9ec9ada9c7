"""`python -m cosmosctl.sandbox serve --state-dir DIR [--port N]`: the embedded AWS in the foreground."""

from __future__ import annotations

import argparse
import logging
import os
import sys
from pathlib import Path


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m cosmosctl.sandbox", description="Embedded AWS on 127.0.0.1.")
    commands = parser.add_subparsers(dest="command", required=True)
    serve = commands.add_parser("serve", help="run in the foreground until SIGTERM or POST /_sandbox/stop")
    serve.add_argument("--state-dir", type=Path, required=True, help="folder of state, logs and the record file")
    serve.add_argument("--port", type=int, default=0, help="0 takes a free one")
    options = parser.parse_args(argv)
    from cosmosctl.sandbox.server import serve as run

    return run(options.state_dir.resolve(), options.port)


if __name__ == "__main__":
    status = main()
    logging.shutdown()
    sys.stdout.flush()
    os._exit(status)  # everything is saved; threads of extensions and freeing 300 MB would only delay the end
