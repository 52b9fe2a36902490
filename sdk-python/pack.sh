#!/usr/bin/env bash
# Makes the wheel as it is published: the package, the core for every glibc since 2.17, the command, and the options that contracts import.
# pack.sh FOLDER; needs maturin, cargo-zigbuild and zig on the PATH (tests/packaging/requirements-python.txt).
set -euo pipefail
out=$(realpath -m "$1")
cd "$(dirname "${BASH_SOURCE[0]}")"
carried=(src/reenact/_command/reenact src/reenact/v1/options.proto)
# What the wheel carries besides stands beside the sources only while it is packed.
trap 'rm -f "${carried[@]}"; rmdir src/reenact/_command' EXIT
program=$(REENACT_TARGET=x86_64-unknown-linux-gnu.2.17 ../core/cli/build.sh)
install -D -m 755 "$program" "${carried[0]}"
install -D -m 644 ../proto/reenact/v1/options.proto "${carried[1]}"
maturin build --release --zig --compatibility manylinux2014 --out "$out" --quiet
