#!/usr/bin/env bash
# Builds the command and prints where it is.
# REENACT_PROFILE=dev builds it without optimizing it.
# REENACT_TARGET=x86_64-unknown-linux-gnu.2.17 builds with cargo-zigbuild against that glibc, as releases do.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
folder=${CARGO_TARGET_DIR:-$PWD/target}
if [[ -n ${REENACT_TARGET:-} ]]; then
    cargo zigbuild --quiet --release -p reenact-cli --target "$REENACT_TARGET"
    printf '%s\n' "$folder/${REENACT_TARGET%%.*}/release/reenact"
else
    profile=${REENACT_PROFILE:-release}
    cargo build --quiet --profile "$profile" -p reenact-cli
    printf '%s\n' "$folder/${profile/#dev/debug}/reenact"
fi
