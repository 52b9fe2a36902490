#!/usr/bin/env bash
# The figures of the door, one JSON line each: benches/door/run.sh [SECONDS]
# gRPC calls over 64 connections to actors in each language, beside servers that others wrote (tonic, grpc-go, grpc-java).
# REENACT_BENCH_DATA names where the data folders are made; the disk under it is what the durable figures measure.
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
"$here/build.sh" >&2
exec python3 "$here/measure.py" "${1:-2}"
