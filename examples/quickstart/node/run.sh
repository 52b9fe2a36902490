#!/usr/bin/env bash
# Runs the quickstart twice in an empty folder: the second run goes on from the first one's state.
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
sdk="$(cd "$here/../../../sdk-node" && pwd)"
[ -f "$sdk/dist/index.mjs" ] || "$sdk/build.sh"
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
mkdir "$folder/node_modules"
ln -s "$sdk" "$folder/node_modules/everact"
cp "$here/main.mjs" "$folder"
cd "$folder"
for run in 1 2; do
    answer="$(node main.mjs)"
    echo "quickstart, run $run: $answer"
    [ "$answer" = "flight $run, 12 minutes late" ]
done
