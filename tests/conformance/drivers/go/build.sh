#!/usr/bin/env bash
# Builds the driver into target/conformance/driver-go.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
bash ../../../../sdk-go/build-native.sh
mkdir -p ../../../../target/conformance
go build -o ../../../../target/conformance/driver-go .
