#!/usr/bin/env bash
# Builds the core for Go and puts it where it is looked for, sdk-go/internal/native unless another folder is given: the static library for cgo, the
# shared one (compressed, with its hash) for CGO_ENABLED=0, and the header. They lie beside the package's files, so that `go mod vendor` takes them
# along. The published module carries these files: its users need neither this script nor Rust.
#
# core/build.sh tells what the environment chooses. EVERACT_PROFILE=dev builds without optimization and with all of the core's own checks, which is
# quicker and slower.
set -euo pipefail
into=$(realpath "${1:-$(dirname "${BASH_SOURCE[0]}")/internal/native}")
cd "$(dirname "${BASH_SOURCE[0]}")/.."

built=$(core/build.sh everact-c)

# Two builds at the same time would write the same files.
mkdir -p target
exec 9>target/build-go.lock
flock 9
library=$into/libeveract_linux_amd64
cmp --silent bindings/c/include/everact.h "$into/everact.h" || cp bindings/c/include/everact.h "$into/everact.h"
# What the files there were made of, so that they are made again only from something else.
made=target/build-go.$(sha256sum <<<"$into" | cut -c1-8)
stamp=$(sha256sum "$built/libeveract_c.a" "$built/libeveract_c.so" | sha256sum)
if [[ ! -f $library.a || ! -f $library.h || ! -f $library.so.sha256 || $(cat "$made" 2>/dev/null) != "$stamp" ]]; then
    rm -f "$made"
    strip --strip-debug -o "$library.a.new" "$built/libeveract_c.a"
    mv "$library.a.new" "$library.a"
    # Go does not look at a library: a name that is compiled in has it linked again.
    printf '// The SHA-256 of the static library.\n#define EVERACT_LIBRARY "%s"\n' "$(sha256sum "$library.a" | cut -d' ' -f1)" >"$library.h"
    strip --strip-debug -o "$library.so" "$built/libeveract_c.so"
    sha256sum "$library.so" | cut -d' ' -f1 >"$library.so.sha256"
    gzip --best --no-name --stdout "$library.so" >"$library.so.gz"
    rm "$library.so"
    printf '%s' "$stamp" >"$made"
fi
