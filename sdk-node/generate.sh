#!/usr/bin/env bash
# Writes the code that the tests use to test/gen: the example of docs/reference/contract.md, which is what protoc-gen-everact
# writes (a test of core/codegen holds the page to that), and the messages of it and of test/proto, by protobuf-es.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
page=../docs/reference/contract.md

# The first block of code of a language after a line that holds a text.
block() {
    awk -v text="$1" -v fence="\`\`\`$2" \
        'index($0, text) { found = 1 } inside && /^```$/ { exit } inside { print } found && $0 == fence { inside = 1 }' "$page"
}

rm -rf test/gen build/proto
mkdir -p test/gen/flights/v1 build/proto/flights/v1
block '## What a .proto says' proto >build/proto/flights/v1/airports.proto
block '<!-- generated: airports_everact.ts -->' typescript >test/gen/flights/v1/airports_everact.ts
node_modules/.bin/buf generate .. --path build/proto/flights --path test/proto/flights --template buf.gen.yaml \
    --config '{"version": "v2", "modules": [{"path": "sdk-node/build/proto"}, {"path": "sdk-node/test/proto"}, {"path": "proto"}]}'
