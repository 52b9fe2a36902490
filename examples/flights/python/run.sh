#!/usr/bin/env bash
# Builds what it needs and runs the flights job: run.sh [--build | --built] --data FOLDER FILE...
# --build only builds, --built takes what was built before.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$here/../../..
python=$root/target/venv-python/bin/python
[[ ${1:-} == --built ]] || "$root/sdk-python/build.sh" >&2
[[ ${1:-} != --build ]] || exit 0
[[ ${1:-} != --built ]] || shift
exec "$python" "$here/flights.py" "$@"
