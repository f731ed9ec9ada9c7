#!/usr/bin/env bash
# Stops the sandboxes started from this folder and removes build products (never cosmosctl.yaml).
set -euo pipefail
cd "$(dirname "$0")/.."
if [ -x .venv/bin/cosmosctl ] && [ -d .cosmosctl ]; then .venv/bin/cosmosctl sandbox stop --all >/dev/null 2>&1 || true; fi
rm -rf .cosmosctl .pytest_cache .mypy_cache .ruff_cache .hypothesis build dist bench.json
find cosmosctl tests -name __pycache__ -type d -prune -exec rm -rf {} +
