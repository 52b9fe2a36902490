#!/usr/bin/env bash
# The figures of the Go SDK, one JSON line each: benches/go/run.sh [SECONDS] [ROUNDS] [NAME'S BEGINNING]
# EVERACT_BENCH_DATA names where the data folders are made; the disk under it is what the durable figures measure.
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
bash "$here/../../sdk-go/build-native.sh"
program="$here/../../target/bench-go"
(cd "$here" && go build -o "$program" .)
(cd "$here/protoactor" && go build -o "$program-protoactor" .)
"$program-protoactor" -rounds "${2:-3}" -only "${3:-}"
exec "$program" -seconds "${1:-2}" -rounds "${2:-3}" -only "${3:-}" -data "${EVERACT_BENCH_DATA:-}"
