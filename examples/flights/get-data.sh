#!/usr/bin/env bash
# Gets the flight records (npm package vega-datasets) into target/flights and prints that folder.
# The data stays outside git; a second run finds it there and fetches nothing.
set -euo pipefail
root="$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)"
folder="${FLIGHTS_FOLDER:-$root/target/flights}"
package="vega-datasets@3.2.1"
mkdir -p "$folder"
if [ ! -s "$folder/flights-20k.json" ] || [ ! -s "$folder/flights-3m.parquet" ]; then
    staging="$(mktemp -d "$folder/staging.XXXXXX")"
    trap 'rm -rf "$staging"' EXIT
    (cd "$staging" && npm pack --silent "$package" >/dev/null && tar xzf ./*.tgz)
    for file in flights-2k.json flights-20k.json flights-200k.json flights-3m.parquet; do
        mv "$staging/package/data/$file" "$folder/$file"
    done
fi
echo "$folder"
