#!/usr/bin/env bash
# The README's test command. Fails on lint, on a failed test and on "no test was run" (pytest's exit 5).
set -euo pipefail
cd "$(dirname "$0")/.."
unset PYTHONDONTWRITEBYTECODE
scripts/lint.sh
.venv/bin/pytest -n "${COSMOSCTL_TEST_WORKERS:-4}" --dist loadgroup -q -rs "$@"
