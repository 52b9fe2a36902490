#!/usr/bin/env bash
# Builds the JVM's driver on the SDK of this tree into target/conformance/jvm: one jar of both, and an archive of the classes that a start loads. Every
# scenario starts drivers, and loading these classes is most of what a start costs (measured: 1.4 s of processor time without the archive, 0.8 s with it).
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
root="$(cd "$here/../../../.." && pwd)"
out="$root/target/conformance/jvm"
classpath="$("$root/sdk-jvm/build.sh")"
library="$("$root/core/build.sh" everact-jvm)/libeveract_jvm.so"

# Two builds at the same time would write the same files.
mkdir -p "$out"
exec 9>"$out/lock"
flock 9
rm -rf "$out/classes"
mkdir "$out/classes"
javac -d "$out/classes" -parameters -Xlint:all,-processing -Werror -cp "$classpath" "$here"/*.java
# What the archive was made of, so that it is made again only from something else.
stamp="$(cat "$out"/classes/conformance/*.class "$root"/sdk-jvm/core/target/lib/*.jar <(find "$root/sdk-jvm/core/target/classes" -type f -exec sha256sum {} + | sort) | sha256sum)"
if [[ $(cat "$out/stamp" 2>/dev/null) != "$stamp" ]]; then
    rm -f "$out/stamp" "$out/driver.jsa"
    jar --create --no-compress --file "$out/driver.jar" -C "$out/classes" . -C "$root/sdk-jvm/core/target/classes" .
fi
# An archive takes jars only, by the very names with which it was made.
printf -- '-Deveract.library="%s" -cp "%s"\n' "$library" "$out/driver.jar:$(printf '%s\n' "$root"/sdk-jvm/core/target/lib/*.jar | paste -sd:)" >"$out/arguments"
if [[ ! -f $out/stamp ]]; then
    # The archive holds what was loaded when the driver ended.
    coproc driver { ARCHIVE="-XX:ArchiveClassesAtExit=$out/driver.jsa" "$here/run.sh"; }
    requests=('{"id":1,"op":"hello"}' '{"id":2,"op":"open","engine":"e"}' '{"id":3,"op":"ask","engine":"e","kind":"counter","key":"a","handler":"add","message":1}')
    for request in "${requests[@]}"; do
        printf '%s\n' "$request" >&"${driver[1]}"
        read -r answer <&"${driver[0]}"
        [[ $answer != *error* ]] || { echo "$answer" && exit 1; }
    done
    eval "exec ${driver[1]}>&-"
    wait "$driver_PID"
    [[ -f $out/driver.jsa ]]
    printf '%s' "$stamp" >"$out/stamp"
fi
