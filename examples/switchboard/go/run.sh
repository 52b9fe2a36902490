#!/usr/bin/env bash
# Builds what it needs and runs the switchboard: run.sh [--seed N] [--calls N] [--listen ADDRESS]
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
program=$here/../../../target/switchboard-go
bash "$here/../../../sdk-go/build-native.sh"
go build -C "$here" -o "$program" .
exec "$program" "$@"
