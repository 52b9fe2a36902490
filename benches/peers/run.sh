#!/usr/bin/env bash
# Rust actor libraries beside the core, one JSON line a figure: benches/peers/run.sh [SECONDS]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
CARGO_TARGET_DIR=../../target/peers cargo build --quiet --release
exec ../../target/peers/release/everact-peers "${1:-2}"
