#!/usr/bin/env bash
# The figures of the Python SDK, one JSON line each: benches/python/run.sh [SECONDS] [ROUNDS] [NAME'S BEGINNING]
# EVERACT_BENCH_DATA names where the data folders are made; the disk under it is what the durable figures measure.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
python=$("$here/../../sdk-python/build.sh")
installed=$(dirname "$python")/../.bench-requirements
if ! cmp -s "$here/requirements.txt" "$installed"; then
    "$python" -m pip install --quiet --disable-pip-version-check -r "$here/requirements.txt" >&2
    cp "$here/requirements.txt" "$installed"
fi
exec "$python" "$here/bench.py" "$@"
