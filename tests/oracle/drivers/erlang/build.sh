#!/usr/bin/env bash
# Compiles the driver that plays scenarios on OTP itself.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../../../.."
command -v erlc >/dev/null || { echo "erlc is missing: Erlang/OTP 25 or newer (Debian's erlang-base; .ci/install)"; exit 1; }
mkdir -p target/oracle/erlang
erlc -Werror -o target/oracle/erlang tests/oracle/drivers/erlang/*.erl
