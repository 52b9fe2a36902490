#!/usr/bin/env bash
# Processes and fairness of Erlang/OTP, beside which ours stand, one JSON line each: benches/erlang/run.sh [SECONDS] [ROUNDS]
# Needs Debian's erlang-base, as tests/oracle does.
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
compiled="$here/../../target/erlang"
mkdir -p "$compiled"
erlc -o "$compiled" "$here"/*.erl
erl -noshell -pa "$compiled" +P 4000000 -eval 'processes:main([]), halt().'
exec escript "$here/fairness.escript" "${1:-2}" "${2:-3}"
