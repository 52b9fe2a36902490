#!/usr/bin/env bash
# Builds the binding and the SDK for use inside this repository and prints the class path; a second run is quick. With the argument `proto` it
# holds what generated code needs too. EVERACT_PROFILE=dev builds the core without optimizing it.
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
modules=(core ${1:+"$1"})
native="$("$here/../core/build.sh" everact-jvm)"

# Something is newer than what was built last.
stale() { # module
    [ ! -d "$here/$1/target/lib" ] || [ "$native/libeveract_jvm.so" -nt "$here/$1/target/lib" ] ||
        [ -n "$(find "$here/pom.xml" "$here/$1/pom.xml" "$here/$1/src/main" -newer "$here/$1/target/lib" -print -quit)" ]
}

(
    cd "$here"
    for module in "${modules[@]}"; do
        if stale "$module"; then
            list="$(IFS=,; echo "${modules[*]}")"
            mvn -B -q -pl "$list" package -DskipTests -Dspotless.check.skip "-Deveract.native.folder=$native"
            for built in "${modules[@]}"; do
                touch "$here/$built/target/lib"
            done
            break
        fi
    done
) >&2
path="$here/core/target/classes:$here/core/target/native"
[ "${#modules[@]}" -eq 1 ] || path="$path:$here/proto/target/classes"
for module in "${modules[@]}"; do
    path="$path:$here/$module/target/lib/*"
done
echo "$path"
