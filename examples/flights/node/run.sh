#!/usr/bin/env bash
# Builds what is missing and runs the flights job: run.sh [--build | --built] --data FOLDER FILE...
# --build only builds, --built takes what was built before.
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
if [[ ${1:-} != --built ]]; then
    "$here/../../../sdk-node/build.sh" >&2
    mkdir -p "$here/node_modules"
    ln -sfn ../../../../sdk-node "$here/node_modules/everact"
fi
[[ ${1:-} != --build ]] || exit 0
[[ ${1:-} != --built ]] || shift
exec node "$here/main.mjs" "$@"
