#!/usr/bin/env bash
# Makes .venv with the locked development dependencies and this checkout; does nothing when it is up to date.
set -euo pipefail
cd "$(dirname "$0")/.."
./install.sh --no-deploy >/dev/null
stamp="$(sha256sum requirements/dev.txt | cut -d' ' -f1)"
[ "$(cat .venv/.dev-stamp 2>/dev/null || true)" = "$stamp" ] && exit 0
export UV_SYSTEM_CERTS=1 UV_NATIVE_TLS=1
if ! { command -v uv >/dev/null 2>&1 && uv pip install -q --python .venv/bin/python --require-hashes -r requirements/dev.txt; }; then
  .venv/bin/python -m ensurepip -q
  .venv/bin/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements/dev.txt
fi
printf '%s' "$stamp" >.venv/.dev-stamp
