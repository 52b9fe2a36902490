#!/usr/bin/env bash
# Everything that sdk-go promises: formatter, vet, staticcheck, unit tests (race detector; without cgo; collecting garbage all the time), the
# quickstart. EVERACT_PROFILE=dev takes a core without optimization. The last line counts: N passed, N failed.
set -uo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root/sdk-go" || exit 1
passed=0
failed=0
modules=(.)
for folder in examples/quickstart/go examples/flights/go examples/pingpong/go examples/switchboard/go benches/go benches/go/protoactor tests/conformance/drivers/go tests/oracle/drivers/go; do
    [[ -f $root/$folder/go.mod ]] && modules+=("../$folder")
done

# One check that its exit code decides.
check() { # name command...
    local name=$1
    shift
    printf '%s: ' "$name"
    if output=$("$@" 2>&1); then
        passed=$((passed + 1))
        printf 'ok\n'
    else
        failed=$((failed + 1))
        printf 'FAILED\n%s\n' "$output"
    fi
}

# Go tests count themselves: one for each test that ends.
tests() { # name, variables and arguments of `go test`...
    local name=$1 report good bad
    shift
    report=$(env "$@" -v -count=1 ./... 2>&1)
    local ran=$?
    good=$(grep -c '^--- PASS' <<<"$report")
    bad=$(grep -Ec '^--- (FAIL|SKIP)' <<<"$report")
    if ((ran != 0 && bad == 0)); then bad=1; fi
    printf '%s: %d passed, %d failed\n' "$name" "$good" "$bad"
    if ((bad > 0)); then grep -v '^=== ' <<<"$report"; fi
    passed=$((passed + good))
    failed=$((failed + bad))
}

finish() {
    printf '%d passed, %d failed\n' "$passed" "$failed"
    exit $((failed > 0))
}

formatted() { [[ -z $(gofmt -l "${modules[@]}" ../benches/door/go ../tests/interop/go | tee /dev/stderr) ]]; }

everywhere() { # command...: in each module
    local module
    for module in "${modules[@]}"; do (cd "$module" && "$@") || return 1; done
}

pingpong() {
    local folder
    folder=$(mktemp -d)
    go build -C "$root/examples/pingpong/go" -o "$folder/pingpong" . && "$folder/pingpong" | diff - <(
        for _ in 1 2 3; do printf 'Pong received ping\nPing received pong\n'; done
        printf 'ping finished\nPong finished\n'
    )
    local outcome=$?
    rm -rf "$folder"
    return $outcome
}

quickstart() { # CGO_ENABLED
    local folder
    folder=$(mktemp -d)
    CGO_ENABLED=$1 go build -C "$root/examples/quickstart/go" -o "$folder/quickstart" . &&
        (cd "$folder" && ./quickstart && ./quickstart) | diff - <(printf 'flight %d, 12 minutes late\n' 1 2)
    local outcome=$?
    rm -rf "$folder"
    return $outcome
}

# Programs without generated code have nothing to do with protobuf.
no_protobuf() {
    local packages
    packages=$(everywhere_else go list -deps .) && ! grep google.golang.org/protobuf <<<"$packages"
}

everywhere_else() { # command...: in each module but the SDK's own, and a peer's that uses nothing of ours
    local module
    for module in "${modules[@]:1}"; do [[ $module == */protoactor ]] || (cd "$module" && "$@") || return 1; done
}

check "build the core" ./build-native.sh
check "generate the messages of the tests" proto/generate.sh
((failed == 0)) || finish
check "the options' code is the generator's" proto/generate.sh CHECK
check "protobuf only where it is used" no_protobuf
check "the header is the one of bindings/c" diff ../bindings/c/include/everact.h internal/native/everact.h
check "format" formatted
check "vet" everywhere go vet ./...
check "vet, without cgo" env CGO_ENABLED=0 go vet ./...
check "staticcheck" everywhere go run honnef.co/go/tools/cmd/staticcheck@v0.8.2 ./...
tests "tests" go test -timeout 120s -race
tests "tests, without cgo" CGO_ENABLED=0 go test -timeout 120s
tests "tests, collecting garbage all the time" GOGC=1 GODEBUG=cgocheck=1 go test -timeout 120s
check "quickstart" quickstart 1
check "quickstart, without cgo" quickstart 0
check "guides" ./guide.sh
check "ping-pong" pingpong
check "switchboard" python3 "$root/examples/switchboard/check.py" "$root/examples/switchboard/go/run.sh"
finish
