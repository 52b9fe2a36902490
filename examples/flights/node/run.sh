#!/usr/bin/env bash
# Builds what is missing and runs the flights job. Arguments: --data FOLDER FILE...
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
"$here/../../../sdk-node/build.sh" >&2
mkdir -p "$here/node_modules"
ln -sfn ../../../../sdk-node "$here/node_modules/everact"
exec node "$here/main.mjs" "$@"
