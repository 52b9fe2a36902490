#!/usr/bin/env bash
# The figures of the Node SDK, one JSON line each: benches/node/run.sh [SECONDS] [ROUNDS] [NAME'S BEGINNING]
# EVERACT_BENCH_DATA names where the data folders are made; the disk under it is what the durable figures measure.
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
"$here/../../sdk-node/build.sh" >&2
if [ "$here/package-lock.json" -nt "$here/node_modules/.package-lock.json" ]; then
    (cd "$here" && npm ci --no-audit --no-fund --loglevel=error >&2)
    touch "$here/node_modules/.package-lock.json"
fi
ln -sfn ../../../sdk-node "$here/node_modules/everact"
exec node "$here/main.mjs" "$@"
