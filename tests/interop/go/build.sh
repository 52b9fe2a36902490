#!/usr/bin/env bash
# Builds the two programs of this folder into target/interop/go: peer, on the SDK of this repository, and grpc, which knows nothing of it. Each has its
# own code generated from the same contract, as the Go module example.com/flights that the contract names.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
root=$(realpath ../../..)
out=$root/target/interop/go

# Two builds at the same time would write the same files.
mkdir -p "$out"
exec 9>"$out/lock"
flock 9

# Generates code for the program in this folder; the official plugins are the tools of its go.mod.
generate() { # program, then what protoc takes
    local into=$out/generated/$1 plugins=$out/plugins/$1
    shift
    rm -rf "$into"
    mkdir -p "$into" "$plugins"
    printf 'module example.com/flights\n\ngo 1.22\n' >"$into/go.mod"
    go build -o "$plugins/" tool
    (cd "$into" && PATH=$plugins:$PATH "$root/sdk-go/proto/protoc.sh" -I "$root/core/codegen/tests/corpus" -I "$root/proto" \
        --go_out=module=example.com/flights:. "$@")
}

EVERACT_PROFILE=dev "$root/core/build.sh" everact-codegen >/dev/null
bash "$root/sdk-go/build-native.sh"
generate peer --plugin="${CARGO_TARGET_DIR:-$root/target}/debug/protoc-gen-everact" --everact_out=lang=go,module=example.com/flights:. \
    flights/v1/airports.proto
go build -o "$out/peer" .

# Who does not have our module takes the options for messages like any other.
cd grpc
options=Meveract/v1/options.proto=example.com/flights/options
generate grpc --go_opt="$options" --go-grpc_out="module=example.com/flights,$options:." flights/v1/airports.proto everact/v1/options.proto
go build -o "$out/grpc" .
