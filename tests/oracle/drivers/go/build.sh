#!/usr/bin/env bash
# Builds the driver into target/oracle/driver-go.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
bash ../../../../sdk-go/build-native.sh
mkdir -p ../../../../target/oracle
go build -o ../../../../target/oracle/driver-go .
