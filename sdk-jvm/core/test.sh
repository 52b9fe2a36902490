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

# Counts what the reports of the unit tests say.
count() {
    local run bad
    run="$(cat "$here"/core/target/surefire-reports/*.txt | sed -nE 's/^Tests run: ([0-9]+), Failures: ([0-9]+), Errors: ([0-9]+).*/\1 \2 \3/p' | awk '{a+=$1; b+=$2+$3} END {print a+0, b+0}')"
    bad="${run#* }"
    run="${run% *}"
    passed=$((passed + run - bad))
    failed=$((failed + bad))
    [ "$run" -gt 0 ] || failed=$((failed + 1))
}

# The homes of JDKs that have virtual threads, beside the default one.
newer_jdks() {
    update-alternatives --list java 2>/dev/null | while read -r java; do
        version="$("$java" -version 2>&1 | sed -nE '1s/.*"([0-9]+).*/\1/p')"
        [ "${version:-0}" -ge 21 ] && dirname "$(dirname "$java")"
    done
}

cd "$here" || exit 1
check "the binding builds" cargo build --quiet --release -p reenact-jvm
rm -rf core/target/surefire-reports
check "format, lints and unit tests" mvn -B -q verify
count
for home in ${REENACT_TEST_JDKS:-$(newer_jdks)}; do
    rm -rf core/target/surefire-reports
    check "unit tests on $(basename "$home")" mvn -B -q surefire:test -pl core -Djvm="$home/bin/java"
    count
done
quickstart="$root/examples/quickstart/jvm/run.sh"
if [ -x "$quickstart" ]; then
    check "quickstart" "$quickstart"
fi
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
