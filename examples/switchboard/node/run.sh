#!/usr/bin/env bash
# Builds what is missing and runs the switchboard: run.sh [--seed N] [--calls N] [--listen ADDRESS]
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
sdk="$(cd "$here/../../../sdk-node" && pwd)"
[ -f "$sdk/dist/index.mjs" ] || "$sdk/build.sh" >&2
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
mkdir "$folder/node_modules"
ln -s "$sdk" "$folder/node_modules/everact"
ln -s "$sdk/node_modules/@types" "$folder/node_modules/@types"
cp "$here"/*.mts "$folder"
cd "$folder"
# Node runs TypeScript by itself from 22.18 on only.
"$sdk/node_modules/.bin/tsc" --ignoreConfig --strict --exactOptionalPropertyTypes --noUncheckedIndexedAccess --noImplicitOverride \
    --module nodenext --target es2022 --lib es2023,esnext.disposable --types node ./*.mts
node main.mjs "$@"
