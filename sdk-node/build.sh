#!/usr/bin/env bash
# Builds the native library and the package, so that the folder can be used as `everact`. Arguments go to build.mjs.
# core/build.sh tells what the environment chooses; EVERACT_PROFILE=dev is quick to build, for work on the SDK.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
target="${CARGO_TARGET_DIR:-../target}"
mkdir -p "$target"
exec 9>"$target/.sdk-node.lock" # several suites may start at once
flock 9
library="$(../core/build.sh everact-node)/libeveract_node.so"
if [ package-lock.json -nt node_modules/.package-lock.json ]; then
    npm ci --no-audit --no-fund --loglevel=error
    touch node_modules/.package-lock.json
fi
node build.mjs "$library" "$@"
