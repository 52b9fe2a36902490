#!/usr/bin/env bash
# Fairness of Erlang/OTP, beside which the SDKs' stands, one JSON line a figure: benches/erlang/run.sh [SECONDS] [ROUNDS]
# Needs Debian's erlang-base, as tests/oracle does.
set -euo pipefail
exec escript "$(dirname "${BASH_SOURCE[0]}")/fairness.escript" "${1:-2}" "${2:-3}"
