#!/usr/bin/env bash
# Installs cosmosctl into .venv beside this file and creates a deployment. Safe to run again; never prompts without a terminal.
set -euo pipefail

usage() {
  cat <<'USAGE'
Usage: ./install.sh [--target sandbox|aws] [--region R] [--name N] [--yes] [--no-deploy]

  --target     sandbox: an embedded AWS on this machine, no account needed (default); aws: your account
  --region     AWS region (default: us-east-1, or the one in cosmosctl.yaml)
  --name       deployment name (default: derived from the folder)
  --yes        do not ask before creating resources on aws
  --no-deploy  only install the program
USAGE
}

fail() { # fail MESSAGE HINT
  printf 'error[%s] %s\n  hint: %s\n' "${3:-install}" "$1" "$2" >&2
  exit "${4:-4}"
}

target="" region="" name="" yes="" deploy=1
while [ $# -gt 0 ]; do
  case "$1" in
    --target | --region | --name)
      [ $# -ge 2 ] || fail "$1 needs a value" "./install.sh --help" usage 2
      declare "${1#--}=$2"
      shift 2
      ;;
    --target=* | --region=* | --name=*)
      option="${1%%=*}"
      declare "${option#--}=${1#*=}"
      shift
      ;;
    -y | --yes) yes=1; shift ;;
    --no-deploy) deploy=""; shift ;;
    -h | --help) usage; exit 0 ;;
    *) fail "unknown option $1" "./install.sh --help" usage 2 ;;
  esac
done
case "$target" in "" | sandbox | aws) ;; *) fail "--target must be sandbox or aws, not '$target'" "./install.sh --help" usage 2 ;; esac

here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)"
work="$PWD"
[ -w "$here" ] || fail "cannot write to $here" "clone the repository into a folder that you own" workdir_unwritable 1

find_python() {
  local candidate
  for candidate in "${COSMOSCTL_PYTHON:-}" python3.13 python3.12 python3.11 python3 python; do
    [ -n "$candidate" ] && command -v "$candidate" >/dev/null 2>&1 || continue
    "$candidate" -c 'import sys, venv; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && { printf '%s' "$candidate"; return 0; }
  done
  return 1
}

python="$(find_python)" || fail "Python 3.11 or newer was not found" "install it, or name it: COSMOSCTL_PYTHON=/path/to/python3.12 ./install.sh" tool_missing
terraform="${COSMOSCTL_TERRAFORM:-terraform}"
command -v "$terraform" >/dev/null 2>&1 || fail "Terraform was not found" "install Terraform 1.10 or newer: https://developer.hashicorp.com/terraform/install" tool_missing
found="$(TF_CLI_CONFIG_FILE=/dev/null CHECKPOINT_DISABLE=1 "$terraform" version 2>/dev/null | sed -n '1s/^Terraform v\([0-9][0-9.]*\).*/\1/p')" || true
case "$found" in
  0.* | 1.[0-9] | 1.[0-9].* | "") fail "Terraform ${found:-of unknown version} is too old" "install Terraform 1.10 or newer" tool_missing ;;
esac

install_with_uv() {
  command -v uv >/dev/null 2>&1 || return 1
  export UV_SYSTEM_CERTS=1 UV_NATIVE_TLS=1 # networks with their own certificate authority; uv brings its own list otherwise
  { [ -x "$venv/bin/python" ] || uv venv -q --python "$python" "$venv"; } &&
    uv pip install -q --python "$venv/bin/python" --require-hashes -r "$requirements" &&
    uv pip install -q --python "$venv/bin/python" --no-deps --no-build-isolation -e "$here"
}

install_with_pip() {
  { "$venv/bin/python" -m pip --version >/dev/null 2>&1 || "$python" -m venv --clear "$venv"; } &&
    "$venv/bin/python" -m pip install -q --disable-pip-version-check --require-hashes -r "$requirements" &&
    "$venv/bin/python" -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e "$here"
}

# The environment: rebuilt only when the locked requirements change.
requirements="$here/requirements/sandbox.txt"
venv="$here/.venv"
stamp="$("$python" -c 'import hashlib, sys; print(hashlib.sha256(b"".join(open(p, "rb").read() for p in sys.argv[1:])).hexdigest())' "$requirements" "$here/pyproject.toml")"
if [ ! -x "$venv/bin/cosmosctl" ] || [ "$(cat "$venv/.cosmosctl-stamp" 2>/dev/null || true)" != "$stamp" ]; then
  printf 'installing into %s\n' "$venv" >&2
  install_with_uv || install_with_pip || fail "the dependencies could not be installed" "look at the messages above; is the package index reachable?"
  env -u PYTHONDONTWRITEBYTECODE "$venv/bin/python" -m compileall -q -j 0 "$here/cosmosctl" "$("$venv/bin/python" -c 'import sysconfig; print(sysconfig.get_paths()["purelib"])')" >/dev/null || true
  printf '%s' "$stamp" >"$venv/.cosmosctl-stamp"
fi
cosmosctl="$venv/bin/cosmosctl"
"$cosmosctl" --version >&2

cd "$work"
if ! "$cosmosctl" config path >/dev/null 2>&1; then
  "$cosmosctl" init ${name:+--name "$name"} ${target:+--target "$target"} ${region:+--region "$region"} >&2
fi
[ -n "$deploy" ] || { printf 'next: %s install\n' "$cosmosctl" >&2; exit 0; }

args=(install)
[ -z "$name" ] || args+=(--set "name=$name")
[ -z "$target" ] || args+=(--set "target=$target")
[ -z "$region" ] || args+=(--set "region=$region")
effective="${target:-$("$cosmosctl" config get target)}"
if [ -n "$yes" ] || [ "$effective" = sandbox ]; then args+=(--yes); fi
"$cosmosctl" "${args[@]}"
printf '\nnext: %s deploy predict --mode batch\n' "$cosmosctl"
