#!/usr/bin/env bash
# Makes what everything that runs Python from this tree needs: the virtual environment target/venv-python, the compiled
# core beside its Python sources, and a path file that makes `import everact` find them. Prints the interpreter's path.
# core/build.sh tells what the environment chooses; EVERACT_PROFILE=dev builds the core without optimizing it.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
sdk=$root/sdk-python
venv=$root/target/venv-python
mkdir -p "$root/target"
exec 9>"$root/target/.venv-python.lock" # several suites may start at once
flock 9

if [[ ! -x $venv/bin/python ]]; then
    python3 -m venv "$venv" >&2
fi
if ! cmp -s "$sdk/requirements-dev.txt" "$venv/.requirements"; then
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check -r "$sdk/requirements-dev.txt" >&2
    cp "$sdk/requirements-dev.txt" "$venv/.requirements"
fi
packages=$("$venv/bin/python" -c 'import sysconfig; print(sysconfig.get_path("platlib"))')
printf '%s\n' "$sdk/src" >"$packages/everact.pth"

library=$("$root/core/build.sh" everact-python)/lib_core.so
module=$sdk/src/everact/_core.abi3.so
if ! cmp -s "$library" "$module"; then
    # Moved into place in one step: a running program keeps the file that it has mapped.
    cp "$library" "$module.new"
    mv "$module.new" "$module"
fi
printf '%s\n' "$venv/bin/python"
