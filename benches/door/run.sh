#!/usr/bin/env bash
# The figures of the door, one JSON line each: benches/door/run.sh [SECONDS]
# Calls over 64 connections (gRPC, and JSON over HTTP/1.1) and over one session of the runtime protocol to actors in each language,
# beside gRPC servers that others wrote (tonic, grpc-go, grpc-java).
# EVERACT_BENCH_DATA names where the data folders are made; the disk under it is what the durable figures measure.
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
"$here/build.sh" >&2
exec python3 "$here/measure.py" "${1:-2}"
