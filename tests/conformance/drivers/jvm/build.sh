#!/usr/bin/env bash
# Builds the JVM's driver on the SDK of this tree into target/conformance/jvm.
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
root="$(cd "$here/../../../.." && pwd)"
out="$root/target/conformance/jvm"
classpath="$("$root/sdk-jvm/build.sh")"
mkdir -p "$out"
javac -d "$out" -parameters -Xlint:all,-processing -Werror -cp "$classpath" "$here"/*.java
echo "$out:$classpath" >"$out/classpath"
