#!/usr/bin/env bash
# Every quality gate; runs all of them and fails at the end if one failed.
set -uo pipefail
cd "$(dirname "$0")/.."
bad=0
gate() { printf '%-18s' "$1"; shift; if out="$("$@" 2>&1)"; then echo ok; else echo FAILED; printf '%s\n' "$out"; bad=1; fi; }
long_files() {
  local found
  found="$(git ls-files --cached --others --exclude-standard 'cosmosctl/*.py' 'infra/*.tf' 'infra/*.hcl' 'tests/*.py' 'scripts/*' install.sh | xargs -r wc -l | awk '$1 > 300 && $2 != "total"')"
  [ -z "$found" ] || { echo "over 300 lines:"; echo "$found"; return 1; }
}
gate "ruff" .venv/bin/ruff check cosmosctl tests
gate "ruff format" .venv/bin/ruff format --check cosmosctl tests
gate "mypy" .venv/bin/mypy cosmosctl
gate "import contracts" .venv/bin/lint-imports --no-cache
gate "terraform fmt" env -u TF_CLI_CONFIG_FILE terraform fmt -check -recursive infra
gate "file length" long_files
exit $bad
