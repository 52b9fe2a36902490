#!/usr/bin/env bash
# Builds the control library and runs the Kotlin tests: of the control plane, and of generated actors. The last line is `N passed, N failed`.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
{ native=$(../../core/build.sh everact-control) && ../../core/build.sh everact-jvm; } || { echo "0 passed, 1 failed"; exit 1; }
log="$(mktemp)"
trap 'rm -f "$log"' EXIT
mvn -B -ntp -Dstyle.color=never -f ../pom.xml -Pkotlin -pl kotlin -am -Dspotless.check.skip \
    "-Deveract.native.folder=$native" verify 2>&1 | tee "$log"
code=${PIPESTATUS[0]}
line="$(grep -E '^\[(INFO|ERROR|WARNING)\] Tests run: [0-9]+, Failures: [0-9]+, Errors: [0-9]+, Skipped: [0-9]+$' "$log" | tail -1)"
if [[ ! "$line" =~ run:\ ([0-9]+),\ Failures:\ ([0-9]+),\ Errors:\ ([0-9]+),\ Skipped:\ ([0-9]+) ]]; then
    echo "0 passed, 1 failed"
    exit 1
fi
failed=$((BASH_REMATCH[2] + BASH_REMATCH[3] + BASH_REMATCH[4]))
passed=$((BASH_REMATCH[1] - failed))
[ "$code" -eq 0 ] || [ "$failed" -gt 0 ] || failed=1
# The build tool may end within a line.
printf '\n%s passed, %s failed\n' "$passed" "$failed"
[ "$failed" -eq 0 ]
