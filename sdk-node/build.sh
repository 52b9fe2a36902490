#!/usr/bin/env bash
# Builds the native library and the package, so that the folder can be used as `reenact`. Arguments go to build.mjs.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
cargo build --quiet --release --manifest-path ../Cargo.toml -p reenact-node
if [ package-lock.json -nt node_modules/.package-lock.json ]; then
    npm ci --no-audit --no-fund --loglevel=error
    touch node_modules/.package-lock.json
fi
node build.mjs "$@"
