#!/usr/bin/env bash
# Builds the binding and the package, runs linters, tests and the quickstart. The last line counts: N passed, N failed.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
passed=0
failed=0

# One check that its exit code decides.
check() {
    echo "--- $*"
    if "$@"; then passed=$((passed + 1)); else failed=$((failed + 1)); fi
}

# Tests that count themselves.
run_tests() {
    local report code counts
    report="$(mktemp)"
    node --test --test-timeout=300000 --test-reporter=spec build/*.test.mjs | tee "$report"
    code="${PIPESTATUS[0]}"
    counts="$(awk '/^ℹ pass [0-9]+$/ { good += $3 } /^ℹ (fail|cancelled) [0-9]+$/ { bad += $3 } END { print good + 0, bad + 0 }' "$report")"
    rm -f "$report"
    passed=$((passed + ${counts% *}))
    failed=$((failed + ${counts#* }))
    if [ "$code" -ne 0 ] && [ "${counts#* }" -eq 0 ]; then failed=$((failed + 1)); fi
}

finish() {
    echo "$passed passed, $failed failed"
    [ "$failed" -eq 0 ]
    exit
}

./build.sh --tests || { failed=1; finish; }
check npx --no-install eslint .
check npx --no-install prettier --config .prettierrc.json --check --log-level warn . ../tests/conformance/drivers/node/*.mjs ../tests/oracle/drivers/node/*.mjs ../examples/*/node/*.m?s ../benches/node/*.mjs ../benches/door/node ../tests/interop/node ../tests/interop/page/*.mjs
check npx --no-install tsc --noEmit
check test/types.sh
check test/guide.sh
run_tests
check ../examples/quickstart/node/run.sh
check ../examples/pingpong/node/run.sh
check python3 ../examples/switchboard/check.py ../examples/switchboard/node/run.sh
finish
