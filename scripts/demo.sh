#!/usr/bin/env bash
# The demo: a provisioned embedded AWS, two blueprints, real footage in, files and an HTML report out.
set -euo pipefail
cd "$(dirname "$0")/.."
unset PYTHONDONTWRITEBYTECODE
footage="${FOOTAGE:-examples/footage}"
c=.venv/bin/cosmosctl
step() { printf '\n== %s\n' "$*" >&2; }

step ./install.sh
./install.sh
step cosmosctl deploy predict, deploy reason
"$c" deploy predict --mode batch --yes
"$c" deploy reason --mode batch --yes
step cosmosctl submit, report
for blueprint in predict reason; do
  run="$("$c" submit "$blueprint" "$footage" --wait --yes --id-only)"
  "$c" runs report "$run"
done
printf '\nnext: .venv/bin/cosmosctl cleanup --yes --sandbox --delete-data\n'
