#!/usr/bin/env bash
# Builds the core for Go and puts it where it is looked for, sdk-go/internal/native unless another folder is given: the static library for cgo, the
# shared one (compressed, with its hash) for CGO_ENABLED=0, and the header. They lie beside the package's files, so that `go mod vendor` takes them
# along. The published module carries these files: its users need neither this script nor Rust.
#
# REENACT_TARGET=x86_64-unknown-linux-gnu.2.17 builds with cargo-zigbuild against that glibc, as packaging does.
set -euo pipefail
into=$(realpath "${1:-$(dirname "${BASH_SOURCE[0]}")/internal/native}")
cd "$(dirname "${BASH_SOURCE[0]}")/.."

if [[ -n "${REENACT_TARGET:-}" ]]; then
    cargo zigbuild --quiet --release -p reenact-c --target "$REENACT_TARGET"
    built=${CARGO_TARGET_DIR:-target}/${REENACT_TARGET%.*.*}/release
else
    cargo build --quiet --release -p reenact-c
    built=${CARGO_TARGET_DIR:-target}/release
fi

# Two builds at the same time would write the same files.
mkdir -p target
exec 9>target/build-go.lock
flock 9
library=$into/libreenact_linux_amd64
cmp --silent bindings/c/include/reenact.h "$into/reenact.h" || cp bindings/c/include/reenact.h "$into/reenact.h"
if [[ $built/libreenact_c.a -nt $library.a || $built/libreenact_c.so -nt $library.so.gz ]]; then
    strip --strip-debug -o "$library.a.new" "$built/libreenact_c.a"
    mv "$library.a.new" "$library.a"
    gzip --best --no-name --stdout "$built/libreenact_c.so" >"$library.so.gz"
    sha256sum "$built/libreenact_c.so" | cut -d' ' -f1 >"$library.so.sha256"
fi
