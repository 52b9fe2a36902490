#!/usr/bin/env bash
# Runs the program and compares what it prints with what Erlang's prints.
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
sdk="$(cd "$here/../../../sdk-node" && pwd)"
[ -f "$sdk/dist/index.mjs" ] || "$sdk/build.sh"
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
mkdir "$folder/node_modules"
ln -s "$sdk" "$folder/node_modules/everact"
cp "$here/main.mts" "$folder"
cd "$folder"
# Node runs TypeScript by itself from 22.18 on only.
"$sdk/node_modules/.bin/tsc" --strict --exactOptionalPropertyTypes --noImplicitOverride --module nodenext --target es2022 \
    --lib es2022,esnext.disposable,dom main.mts
node main.mjs | tee printed
round=$'Pong received ping\nPing received pong'
diff printed - <<<"$round"$'\n'"$round"$'\n'"$round"$'\nping finished\nPong finished'
