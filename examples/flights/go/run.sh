#!/usr/bin/env bash
# Builds what it needs and runs the flights job: run.sh --data FOLDER FILE...
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
bash "$here/../../../sdk-go/build-native.sh"
program=$here/../../../target/flights-go
go build -C "$here" -o "$program" .
exec "$program" "$@"
