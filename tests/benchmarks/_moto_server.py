"""moto's S3 behind a real socket, with one bucket, filled by a function; prints its address and serves until killed."""

from __future__ import annotations

import logging
import sys
import time
from functools import partial
from importlib import import_module

from moto.s3.models import s3_backends
from moto.server import ThreadedMotoServer


def main(bucket: str, fill: str) -> None:
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    backend = s3_backends["123456789012"]["aws"]
    backend.create_bucket(bucket, "us-east-1")
    if fill:
        module, _, function = fill.partition(":")
        getattr(import_module(module), function)(partial(backend.put_object, bucket))
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    sys.stdout.write(f"http://{host}:{port}\n")
    sys.stdout.flush()
    while True:
        time.sleep(60)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
