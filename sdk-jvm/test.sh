#!/usr/bin/env bash
# Builds the binding, formats, lints and tests the JVM SDK, on every JDK at hand. The last line counts: `N passed, N failed`.
set -uo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
root="$(cd "$here/.." && pwd)"
passed=0
failed=0
export MAVEN_OPTS="${MAVEN_OPTS:-} -Dorg.slf4j.simpleLogger.log.org.apache.maven.cli.transfer.Slf4jMavenTransferListener=warn"

# One check that its exit code decides.
check() {
    local name="$1"
    shift
    if "$@"; then
        passed=$((passed + 1))
        echo "ok      $name"
    else
        failed=$((failed + 1))
        echo "FAILED  $name"
    fi
}

# Runs a command for fifteen minutes at most; then its JVMs show what their threads wait for, and end.
limited() {
    timeout --signal=QUIT --kill-after=20 900 "$@" && return
    local code=$?
    if [ "$code" = 124 ] || [ "$code" = 137 ]; then
        echo "FAILED to end. The test classes that ended:"
        ls "$here"/{core,proto}/target/surefire-reports/*.txt
        # Surefire keeps what its fork prints itself, as these stacks, beside the reports.
        sed -nE "s/^Corrupted channel .* Stream '(.*)'\\.\$/\\1/p" "$here"/{core,proto}/target/surefire-reports/*.dumpstream |
            awk '/^"/ { shown = /^"(main|everact-)/ } shown'
    fi
    return "$code"
}

# Counts what the reports of the unit tests say.
count() {
    local run bad
    run="$(cat "$here"/{core,proto}/target/surefire-reports/*.txt | sed -nE 's/^Tests run: ([0-9]+), Failures: ([0-9]+), Errors: ([0-9]+).*/\1 \2 \3/p' | awk '{a+=$1; b+=$2+$3} END {print a+0, b+0}')"
    bad="${run#* }"
    run="${run% *}"
    passed=$((passed + run - bad))
    failed=$((failed + bad))
    [ "$run" -gt 0 ] || failed=$((failed + 1))
}

# The homes of JDKs that have virtual threads, installed beside the default one.
newer_jdks() {
    local home
    home="$(java -XshowSettings:properties -version 2>&1 | sed -nE 's/^ *java.home = (.*)/\1/p')"
    for java in "$(dirname "$home")"/*/bin/java; do
        version="$("$java" -version 2>&1 | sed -nE '1s/.*"([0-9]+).*/\1/p')"
        if [ "${version:-0}" -ge 21 ]; then
            dirname "$(dirname "$java")"
        fi
    done
}

cd "$here" || exit 1
check "the binding builds" "$root/core/build.sh" everact-jvm
native="-Deveract.native.folder=$("$root/core/build.sh" everact-jvm)"
rm -rf {core,proto}/target/surefire-reports
check "format, lints and unit tests" limited mvn -B -q "$native" verify
count
for home in ${EVERACT_TEST_JDKS:-$(newer_jdks)}; do
    rm -rf {core,proto}/target/surefire-reports
    check "unit tests on $(basename "$home")" limited mvn -B -q "$native" test -pl core,proto -Dspotless.check.skip -Djvm="$home/bin/java"
    count
done
# The quickstart as the README shows it, twice: the second run finds the state of the first.
quickstart() {
    local folder first second
    folder="$(mktemp -d)"
    first="$(cd "$folder" && "$root/examples/quickstart/jvm/run.sh")"
    second="$(cd "$folder" && "$root/examples/quickstart/jvm/run.sh")"
    rm -rf "$folder"
    [ "$first" = "flight 1, 12 minutes late" ] && [ "$second" = "flight 2, 12 minutes late" ]
}
check "quickstart" quickstart
# Erlang's ping-pong prints what it prints there.
pingpong() {
    local rounds
    rounds="$(printf 'Pong received ping\nPing received pong\n%.0s' 1 2 3)"
    [ "$("$root/examples/pingpong/jvm/run.sh")" = "$(printf '%s\nping finished\nPong finished' "$rounds")" ]
}
check "ping-pong" pingpong
check "switchboard" python3 "$root/examples/switchboard/check.py" "$root/examples/switchboard/jvm/run.sh"
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
