#!/usr/bin/env bash
# Builds the core for Go and puts it where internal/native looks: the static library for cgo, the shared one (compressed, with its hash)
# for CGO_ENABLED=0, and the header. The published module carries these files, so its users need neither this script nor Rust.
#
# REENACT_TARGET=x86_64-unknown-linux-gnu.2.17 builds with cargo-zigbuild against that glibc, as packaging does.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

if [[ -n "${REENACT_TARGET:-}" ]]; then
    cargo zigbuild --quiet --release -p reenact-c --target "$REENACT_TARGET"
    built="target/${REENACT_TARGET%%.*}/release"
    built="${built/-gnu.*/-gnu}"
else
    cargo build --quiet --release -p reenact-c
    built=target/release
fi

into=sdk-go/internal/native
library=$into/lib/linux_amd64
mkdir -p "$library"
# Two builds at the same time would write the same files.
exec 9>"target/build-go.lock"
flock 9
cmp --silent bindings/c/include/reenact.h "$into/reenact.h" || cp bindings/c/include/reenact.h "$into/reenact.h"
if [[ "$built/libreenact_c.a" -nt "$library/libreenact.a" || "$built/libreenact_c.so" -nt "$library/libreenact.so.gz" ]]; then
    strip --strip-debug -o "$library/libreenact.a.new" "$built/libreenact_c.a"
    mv "$library/libreenact.a.new" "$library/libreenact.a"
    gzip --best --no-name --stdout "$built/libreenact_c.so" >"$library/libreenact.so.gz"
    sha256sum "$built/libreenact_c.so" | cut -d' ' -f1 >"$library/libreenact.so.sha256"
fi
