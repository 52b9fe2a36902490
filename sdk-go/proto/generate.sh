#!/usr/bin/env bash
# Writes the protobuf code of this folder with the official generator and with ours: that of the options, which the module carries, and that of the
# tests, which nobody else needs. protoc-gen-go comes from the protobuf module that go.mod names; the example is the generator's own.
#
# generate.sh CHECK only says whether the options' code is as written.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
module=github.com/everact/everact-go
mkdir -p ../target/go-tools
go build -o ../target/go-tools/protoc-gen-go google.golang.org/protobuf/cmd/protoc-gen-go

packages=module=$module
for name in flights/v1/airports keys/v1/keys types/v1/types; do
    packages+=,M$name.proto=$module/proto/internal/$(cut -d/ -f1 <<<$name)v1
done

protoc() { # into, then what protoc takes
    local into=$1
    shift
    proto/protoc.sh -I ../proto -I ../core/codegen/tests/corpus -I proto/testdata --plugin=../target/go-tools/protoc-gen-go --go_out="$into" \
        --go_opt="$packages" "$@"
}

if [[ ${1:-} == CHECK ]]; then
    fresh=$(mktemp -d)
    trap 'rm -rf "$fresh"' EXIT
    protoc "$fresh" everact/v1/options.proto
    diff "$fresh/proto/everactv1/options.pb.go" proto/everactv1/options.pb.go
else
    EVERACT_PROFILE=dev ../core/build.sh everact-codegen >/dev/null
    protoc . everact/v1/options.proto types/v1/types.proto
    protoc . --plugin="${CARGO_TARGET_DIR:-../target}/debug/protoc-gen-everact" --everact_out=. --everact_opt="lang=go,$packages" \
        flights/v1/airports.proto keys/v1/keys.proto
fi
