#!/usr/bin/env bash
# Makes the wheel as it is published: the package, the core for every glibc since 2.17, the command, and the options that contracts import.
# pack.sh FOLDER; needs maturin, cargo-zigbuild and zig on the PATH (tests/packaging/requirements-python.txt).
set -euo pipefail
out=$(realpath -m "$1")
cd "$(dirname "${BASH_SOURCE[0]}")"
carried=(src/everact/_command/everact src/everact/v1/options.proto)
# What the wheel carries besides stands beside the sources only while it is packed.
trap 'rm -f "${carried[@]}"; rmdir src/everact/_command' EXIT
program=$(EVERACT_TARGET=x86_64-unknown-linux-gnu.2.17 ../core/cli/build.sh)
install -D -m 755 "$program" "${carried[0]}"
install -D -m 644 ../proto/everact/v1/options.proto "${carried[1]}"
# maturin's linker is that of cargo-zigbuild by another path, and cargo compiles all again for another linker: so it is told to name the same one.
env "CARGO_BIN_EXE_cargo-zigbuild=$(command -v cargo-zigbuild)" maturin build --profile "${EVERACT_PROFILE:-release}" --zig --compatibility manylinux2014 --out "$out" --quiet
