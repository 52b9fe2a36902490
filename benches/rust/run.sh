#!/usr/bin/env bash
# The figures of the core, the boundary, the store and the generator, from Rust, one JSON line each: benches/rust/run.sh [SECONDS]
# Beside the store: a bare log with the same group commit, and stock SQLite.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
cargo bench --quiet -p reenact --bench core
cargo bench --quiet -p reenact-boundary --bench exchange
cargo bench --quiet -p reenact --bench durable -- "${1:-2}"
REENACT_BENCH_SECONDS="${1:-2}" cargo bench --quiet -p reenact-store --bench store
cargo bench --quiet -p reenact-codegen --bench generator
cargo build --quiet --release -p reenact-c
find target/release -maxdepth 1 \( -name 'libreenact_c.so' -o -name 'libreenact_c.dylib' \) -printf \
    '{"name":"library.mb","language":"rust","value":%s,"unit":"B"}\n' |
    awk -F'[:,]' '{ printf "{\"name\":\"library.mb\",\"language\":\"rust\",\"value\":%.2f,\"unit\":\"MB\"}\n", $6 / 1e6 }'
