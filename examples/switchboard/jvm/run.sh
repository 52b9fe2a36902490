#!/usr/bin/env bash
# Builds what is missing and runs the switchboard: run.sh [--seed N] [--calls N] [--listen ADDRESS]
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
root="$(cd "$here/../../.." && pwd)"
out="$root/target/switchboard-jvm"
classpath="$("$root/sdk-jvm/build.sh")"
mkdir -p "$out"
javac -d "$out" -parameters -Xlint:all,-processing -Werror -cp "$classpath" "$here"/*.java >&2
exec java -cp "$out:$classpath" switchboard.Main "$@"
