#!/usr/bin/env bash
# Builds the native library and the package, so that the folder can be used as `everact`. Arguments go to build.mjs.
# EVERACT_PROFILE=dev builds the library without optimizations: quick to build, for work on the SDK.
# EVERACT_TARGET=x86_64-unknown-linux-gnu.2.17 builds with cargo-zigbuild against that glibc, as releases do.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
target="${CARGO_TARGET_DIR:-../target}"
mkdir -p "$target"
exec 9>"$target/.sdk-node.lock" # several suites may start at once
flock 9
if [ -n "${EVERACT_TARGET:-}" ]; then
    cargo zigbuild --quiet --release --manifest-path ../Cargo.toml -p everact-node --target "$EVERACT_TARGET"
    library="$target/${EVERACT_TARGET%%.*}/release/libeveract_node.so"
else
    profile="${EVERACT_PROFILE:-release}"
    cargo build --quiet --profile "$profile" --manifest-path ../Cargo.toml -p everact-node
    library="$target/${profile/#dev/debug}/libeveract_node.so"
fi
if [ package-lock.json -nt node_modules/.package-lock.json ]; then
    npm ci --no-audit --no-fund --loglevel=error
    touch node_modules/.package-lock.json
fi
node build.mjs "$library" "$@"
