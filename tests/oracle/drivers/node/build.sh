#!/usr/bin/env bash
# Builds the SDK and makes it known to the driver as `everact`.
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
"$here/../../../../sdk-node/build.sh"
mkdir -p "$here/node_modules"
ln -sfn ../../../../../sdk-node "$here/node_modules/everact"
