#!/usr/bin/env bash
# Builds what it needs and runs the flights job: run.sh --data FOLDER FILE...
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
python=$("$here/../../../sdk-python/build.sh")
exec "$python" "$here/flights.py" "$@"
