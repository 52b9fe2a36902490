#!/usr/bin/env bash
# The figures of the core, the boundary, the store and the generator, from Rust, one JSON line each: benches/rust/run.sh [SECONDS]
# Beside the store: a bare log with the same group commit, and stock SQLite.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
cargo bench --quiet -p everact --bench core
cargo bench --quiet -p everact --bench processes
cargo bench --quiet -p everact-kernel --bench timers
cargo bench --quiet -p everact-boundary --bench exchange
cargo bench --quiet -p everact --bench durable -- "${1:-2}"
EVERACT_BENCH_SECONDS="${1:-2}" cargo bench --quiet -p everact-store --bench store
cargo bench --quiet -p everact-codegen --bench generator
cargo build --quiet --release -p everact-c
find target/release -maxdepth 1 \( -name 'libeveract_c.so' -o -name 'libeveract_c.dylib' \) -printf \
    '{"name":"library.mb","language":"rust","value":%s,"unit":"B"}\n' |
    awk -F'[:,]' '{ printf "{\"name\":\"library.mb\",\"language\":\"rust\",\"value\":%.2f,\"unit\":\"MB\"}\n", $6 / 1e6 }'
