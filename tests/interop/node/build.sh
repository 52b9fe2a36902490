#!/usr/bin/env bash
# Makes a project of this folder in target/interop/node, as a user has one: packages from npm, the SDK of this repository,
# contracts in proto/, generated code in src/gen, what Node runs in dist/.
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
root="$(cd "$here/../../.." && pwd)"
sdk="$root/sdk-node"
project="$root/target/interop/node"
target="${CARGO_TARGET_DIR:-$root/target}"
mkdir -p "$project"
cd "$project"

"$sdk/build.sh" >&2
EVERACT_PROFILE=dev "$root/core/build.sh" everact-codegen >/dev/null

rm -rf src proto dist
cp -r "$here"/{package.json,package-lock.json,tsconfig.json,buf.gen.yaml,src} .
if ! cmp -s package-lock.json node_modules/.installed; then
    npm ci --no-audit --no-fund --loglevel=error >&2
    cp package-lock.json node_modules/.installed
fi
# As npm installs it. A link to the SDK's folder would bring that folder's own copy of the protobuf runtime.
rm -rf node_modules/everact node_modules/@everact
mkdir -p node_modules/everact node_modules/@everact
cp -r "$sdk"/{package.json,dist} node_modules/everact
for platform in "$sdk"/platforms/*; do
    ln -s "$platform" "node_modules/@everact/core-${platform##*/}"
done

mkdir -p proto/flights/v1 proto/everact/v1
cp "$root/core/codegen/tests/corpus/flights/v1/airports.proto" proto/flights/v1
cp "$root/proto/everact/v1/options.proto" proto/everact/v1
export PATH="$project/node_modules/.bin:$target/debug:$PATH"
buf generate proto
proto-loader-gen-types --grpcLib=@grpc/grpc-js --longs=Number --defaults --includeDirs proto node_modules/google-proto-files \
    --outDir=src/gen/official --importFileExtension=.js flights/v1/airports.proto google/rpc/error_details.proto google/rpc/status.proto
tsc
