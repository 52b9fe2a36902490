#!/usr/bin/env bash
# Durable asks one after the other, beside the store's one committer, measured in turns: benches/pairs/run.sh [SECONDS]
# A disk changes its mood within minutes, so figures of the other folders cannot be divided by one another.
# EVERACT_BENCH_DATA names where the data folders are made.
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
exec python3 "$here/measure.py" "${1:-1}"
