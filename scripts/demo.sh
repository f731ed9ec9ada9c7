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
step cosmosctl submit, status --wait, report
predict="$("$c" submit predict "$footage" --id-only)"
reason="$("$c" submit reason "$footage" --id-only)"
"$c" status "$predict" --wait >&2
"$c" status "$reason" --wait >&2
"$c" runs report "$predict"
"$c" runs report "$reason"
printf '\nnext: .venv/bin/cosmosctl cleanup --yes --sandbox --delete-data\n'
