#!/usr/bin/env bash
# Re-locks requirements/*.txt from pyproject.toml: hashes, every platform, no index address.
set -euo pipefail
cd "$(dirname "$0")/.."
lock() { # lock NAME [uv options...]
  uv pip compile -q pyproject.toml --universal --python-version 3.11 --generate-hashes \
    --no-emit-index-url --no-emit-find-links --no-header --no-annotate --upgrade -o "requirements/$1.txt" "${@:2}"
}
lock runtime
for folder in templates/container/*/; do
  uv pip compile -q "$folder/requirements.in" --python-version 3.11 --python-platform x86_64-manylinux_2_28 --generate-hashes \
    --no-emit-index-url --no-emit-find-links --no-header --no-annotate --upgrade -o "$folder/requirements.txt"
done
lock sandbox --extra sandbox requirements/build.in
lock dev --extra sandbox --group dev requirements/build.in
