#!/usr/bin/env bash
# protoc as PyPI's grpcio-tools brings it, for all that is generated in Go here: protoc.sh ARGUMENT ...
set -euo pipefail
tools=$(dirname "${BASH_SOURCE[0]}")/../../target/venv-protoc
mkdir -p "$tools"
# Two builds at the same time would install twice.
exec 9>"$tools/lock"
flock 9
[[ -x $tools/bin/python ]] || python3 -m venv "$tools"
"$tools/bin/python" -c 'import grpc_tools' 2>/dev/null || "$tools/bin/python" -m pip install --quiet 'grpcio-tools==1.85.1' >&2
exec 9>&-
exec "$tools/bin/python" -m grpc_tools.protoc "$@"
