#!/usr/bin/env bash
# Builds what is missing and runs the flights job: run.sh [--build | --built] --data FOLDER FILE...
# --build only builds, --built takes what was built before.
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
root="$(cd "$here/../../.." && pwd)"
out="$root/target/flights-jvm"
if [[ ${1:-} != --built ]]; then
    classpath="$("$root/sdk-jvm/build.sh")"
    mkdir -p "$out"
    javac -d "$out" -parameters -Xlint:all,-processing -Werror -cp "$classpath" "$here"/*.java >&2
    printf '%s' "$classpath" >"$out/classpath"
fi
[[ ${1:-} != --build ]] || exit 0
[[ ${1:-} != --built ]] || shift
exec java -cp "$out:$(cat "$out/classpath")" flights.Main "$@"
