#!/usr/bin/env bash
# Builds the binding and the SDK for use inside this repository and prints the class path; a second run is quick.
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
target="$here/core/target"
(
    cd "$here"
    cargo build --quiet --release -p reenact-jvm
    newest="$(find core/src/main pom.xml core/pom.xml -newer "$target/lib" -print -quit 2>/dev/null || echo none)"
    if [ -n "$newest" ] || [ ! -d "$target/lib" ] || [ "../target/release/libreenact_jvm.so" -nt "$target/lib" ]; then
        mvn -B -q -pl core package -DskipTests -Dspotless.check.skip
        touch "$target/lib"
    fi
) >&2
echo "$target/classes:$target/native:$target/lib/*"
