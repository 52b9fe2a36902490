#!/usr/bin/env bash
# Runs the quickstart twice in an empty folder, in TypeScript and then in JavaScript: each run goes on from the state of the one before.
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
sdk="$(cd "$here/../../../sdk-node" && pwd)"
[ -f "$sdk/dist/index.mjs" ] || "$sdk/build.sh"
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
mkdir "$folder/node_modules"
ln -s "$sdk" "$folder/node_modules/everact"
cp "$here"/main.m?s "$folder"
cd "$folder"
# Node runs TypeScript by itself from 22.18 on only.
"$sdk/node_modules/.bin/tsc" --strict --exactOptionalPropertyTypes --noImplicitOverride --module nodenext --target es2022 \
    --lib es2022,esnext.disposable,dom --outDir typescript main.mts
run=0
for program in typescript/main.mjs typescript/main.mjs main.mjs main.mjs; do
    run=$((run + 1))
    answer="$(node $program)"
    echo "quickstart, run $run: $answer"
    [ "$answer" = "flight $run, 12 minutes late" ]
done
