#!/usr/bin/env bash
# Builds a crate of this workspace that programs outside it use, and prints the folder of what was built: core/build.sh CRATE
#
# EVERACT_PROFILE is a profile of Cargo.toml, `release` unless set; `dev` builds without optimization and with all of the core's own checks.
# EVERACT_TARGET=x86_64-unknown-linux-gnu.2.17 builds with cargo-zigbuild against that glibc, as releases do.
# EVERACT_TOGETHER=1 builds all that a run of every suite needs. Cargo compiles third-party crates with the features that the chosen crates ask for, so
# each choice would compile many of them once more.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
profile=${EVERACT_PROFILE:-release}
target=${EVERACT_TARGET:-}
crates=(-p "$1")
if [[ -n ${EVERACT_TOGETHER:-} && -n $target ]]; then
    crates=(-p everact-cli -p everact-node -p everact-c -p everact-jvm) # Python's is built by maturin
elif [[ -n ${EVERACT_TOGETHER:-} ]]; then
    crates=(--workspace --lib --bins --tests) # the features of `cargo test --workspace`
fi
cargo "${target:+zig}build" --quiet --profile "$profile" "${crates[@]}" ${target:+--target "$target"} >&2
printf '%s\n' "${CARGO_TARGET_DIR:-$PWD/target}${target:+/${target%.*.*}}/${profile/#dev/debug}"
