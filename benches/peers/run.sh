#!/usr/bin/env bash
# Rust actor libraries beside the core, one JSON line a figure: benches/peers/run.sh [SECONDS]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
CARGO_TARGET_DIR=../../target/peers cargo build --quiet --release
../../target/peers/release/everact-peers "${1:-2}"
# Each in a process of its own: what actors take in memory is seen while memory is fresh.
../../target/peers/release/everact-peers processes kameo
../../target/peers/release/everact-peers processes ractor
