#!/usr/bin/env bash
# Starts a program that build.sh made: run.sh Serve|Client|Official ARGUMENT ... They live shortly, so the JVM is told to be quick about it.
root="$(cd "$(dirname "${BASH_SOURCE[0]}")/../../.." && pwd)"
half=peer
[ "$1" != Official ] || half=official
exec java -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -cp "$(cat "$root/target/interop/jvm/$half/classpath")" "interop.$1" "${@:2}"
