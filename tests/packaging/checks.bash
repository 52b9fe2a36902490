# Sourced by the suites of this folder: counts checks, and closes with what was counted.

# Packages are made as releases are, whatever the other suites take, but linked without optimizing across crates: that takes minutes for each library and
# changes nothing that is checked here. EVERACT_PROFILE=release makes what is published.
[[ ${EVERACT_PROFILE:-} == release ]] || export EVERACT_PROFILE=quick
passed=0
failed=0

# One check that its exit code decides.
check() { # name command...
    local name=$1
    shift
    if "$@"; then
        printf 'ok: %s\n' "$name"
        passed=$((passed + 1))
    else
        printf 'FAILED: %s\n' "$name"
        failed=$((failed + 1))
    fi
}

finish() {
    printf '%d passed, %d failed\n' "$passed" "$failed"
    exit $((failed > 0))
}
