#!/usr/bin/env bash
# Builds the command and prints where it is.
# EVERACT_PROFILE=dev builds it without optimizing it.
# EVERACT_TARGET=x86_64-unknown-linux-gnu.2.17 builds with cargo-zigbuild against that glibc, as releases do.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
folder=${CARGO_TARGET_DIR:-$PWD/target}
if [[ -n ${EVERACT_TARGET:-} ]]; then
    cargo zigbuild --quiet --release -p everact-cli --target "$EVERACT_TARGET"
    printf '%s\n' "$folder/${EVERACT_TARGET%%.*}/release/everact"
else
    profile=${EVERACT_PROFILE:-release}
    cargo build --quiet --profile "$profile" -p everact-cli
    printf '%s\n' "$folder/${profile/#dev/debug}/everact"
fi
