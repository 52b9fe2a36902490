#!/usr/bin/env bash
# Generates the messages of the tests' services: test/proto/**.proto and the options that they import, to test/gen.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
node_modules/.bin/buf generate .. --path test/proto/flights --template buf.gen.yaml \
    --config '{"version": "v2", "modules": [{"path": "sdk-node/test/proto"}, {"path": "proto"}]}'
