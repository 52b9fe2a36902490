#!/usr/bin/env bash
# Builds what it needs and runs the flights job: run.sh [--build | --built] --data FOLDER FILE...
# --build only builds, --built takes what was built before.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
program=$here/../../../target/flights-go
if [[ ${1:-} != --built ]]; then
    bash "$here/../../../sdk-go/build-native.sh"
    go build -C "$here" -o "$program" .
fi
[[ ${1:-} != --build ]] || exit 0
[[ ${1:-} != --built ]] || shift
exec "$program" "$@"
