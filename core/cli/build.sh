#!/usr/bin/env bash
# Builds the command and prints where it is.
# REENACT_PROFILE=dev builds it without optimizing it.
# REENACT_TARGET=x86_64-unknown-linux-gnu.2.17 builds with cargo-zigbuild against that glibc, as releases do.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
folder=${CARGO_TARGET_DIR:-$root/target}
if [[ -n ${REENACT_TARGET:-} ]]; then
    cargo zigbuild --quiet --release --manifest-path "$root/Cargo.toml" -p reenact-cli --target "$REENACT_TARGET"
    printf '%s\n' "$folder/${REENACT_TARGET%%.*}/release/reenact"
else
    profile=${REENACT_PROFILE:-release}
    cargo build --quiet --profile "$profile" --manifest-path "$root/Cargo.toml" -p reenact-cli
    printf '%s\n' "$folder/${profile/#dev/debug}/reenact"
fi
