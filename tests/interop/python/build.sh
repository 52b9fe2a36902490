#!/usr/bin/env bash
# Makes target/interop/python: generated code in gen, and two virtual environments that find it. `actors` has the SDK of
# this repository, `grpc` is that of somebody who knows nothing of it.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../../.." && pwd)
out=$root/target/interop/python
mkdir -p "$out"

# environment NAME PATH...: a virtual environment with its requirements and these folders on its path
environment() {
    local venv=$out/$1 wanted=$here/requirements-$1.txt
    shift
    if ! cmp -s "$wanted" "$venv/.requirements"; then
        python3 -m venv --clear "$venv"
        "$venv/bin/python" -m pip install --quiet --disable-pip-version-check -r "$wanted"
        cp "$wanted" "$venv/.requirements"
    fi
    printf '%s\n' "$@" >"$("$venv/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/interop.pth"
}

"$root/sdk-python/build.sh" >/dev/null
environment actors "$root/sdk-python/src" "$out/gen"
environment grpc "$out/gen"

# The options' messages are for `grpc` only: in `actors` the package everact is the SDK's, which has them.
target=${CARGO_TARGET_DIR:-$root/target}
EVERACT_PROFILE=dev "$root/core/build.sh" everact-codegen >/dev/null
rm -rf "$out/gen"
mkdir "$out/gen"
"$out/grpc/bin/python" -m grpc_tools.protoc -I"$root/core/codegen/tests/corpus" -I"$root/proto" \
    --python_out="$out/gen" --pyi_out="$out/gen" everact/v1/options.proto flights/v1/airports.proto
"$out/grpc/bin/python" -m grpc_tools.protoc -I"$root/core/codegen/tests/corpus" -I"$root/proto" \
    --plugin=protoc-gen-everact="$target/debug/protoc-gen-everact" --everact_out=lang=python:"$out/gen" \
    --grpc_python_out="$out/gen" flights/v1/airports.proto
