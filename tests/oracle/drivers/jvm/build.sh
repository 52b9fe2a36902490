#!/usr/bin/env bash
# Compiles the driver that plays scenarios on the JVM's SDK of this tree, into target/oracle/jvm.
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
root="$(cd "$here/../../../.." && pwd)"
out="$root/target/oracle/jvm"
classpath="$("$root/sdk-jvm/build.sh")"
rm -rf "$out"
mkdir -p "$out"
javac -d "$out" -parameters -Xlint:all,-processing -Werror -cp "$classpath" "$here"/*.java
printf -- '-cp "%s"\n' "$out:$classpath" >"$out/arguments"
