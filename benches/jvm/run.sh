#!/usr/bin/env bash
# The figures of the JVM's SDK, one JSON line each: benches/jvm/run.sh [SECONDS] [ROUNDS] [NAME'S BEGINNING]
# Runs on the newest JDK installed beside the default one, for virtual threads. EVERACT_BENCH_JAVA names another java,
# EVERACT_BENCH_DATA where the data folders are made; the disk under it is what the durable figures measure.
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
root="$(cd "$here/../.." && pwd)"
out="$root/target/bench-jvm"
classpath="$("$root/sdk-jvm/build.sh")"
mkdir -p "$out"
if [ "$here/pom.xml" -nt "$out/lib" ]; then
    mvn -B -q -f "$here/pom.xml" org.apache.maven.plugins:maven-dependency-plugin:3.9.0:copy-dependencies "-DoutputDirectory=$out/lib" >&2
    touch "$out/lib"
fi
classpath="$classpath:$out/lib/*"
javac -d "$out" -parameters -Xlint:all,-processing -Werror -cp "$classpath" "$here"/*.java >&2

# The java of the newest JDK beside the default one.
newest_java() {
    local home
    home="$(java -XshowSettings:properties -version 2>&1 | sed -nE 's/^ *java.home = (.*)/\1/p')"
    for java in "$(dirname "$home")"/*/bin/java; do
        echo "$("$java" -version 2>&1 | sed -nE '1s/.*"([0-9]+).*/\1/p') $java"
    done | sort -n | tail -1 | cut -d' ' -f2
}
java="${EVERACT_BENCH_JAVA:-$(newest_java)}"
options=(-XX:+UseParallelGC -cp "$out:$classpath")
if "$java" --enable-native-access=ALL-UNNAMED -version >/dev/null 2>&1; then
    options+=(--enable-native-access=ALL-UNNAMED)
fi
exec "$java" "${options[@]}" bench.Main "${1:-2}" "${2:-3}" "${3:-}" "${EVERACT_BENCH_DATA:-}"
