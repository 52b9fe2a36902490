#!/usr/bin/env bash
# Builds what is missing and runs the switchboard: run.sh [--seed N] [--calls N] [--listen ADDRESS]
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
python=$("$here/../../../sdk-python/build.sh")
exec "$python" "$here/switchboard.py" "$@"
