#!/usr/bin/env bash
# Everything that sdk-python promises: generated messages, formatter, linter, types, unit tests, the quickstart.
# Last line: N passed, N failed.
set -uo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
passed=0
failed=0

check() { # name command...
    local name=$1
    shift
    printf '%s: ' "$name"
    if output=$("$@" 2>&1); then
        passed=$((passed + 1))
        printf 'ok\n'
    else
        failed=$((failed + 1))
        printf 'FAILED\n%s\n' "$output"
    fi
}

finish() {
    printf '%d passed, %d failed\n' "$passed" "$failed"
    exit $((failed > 0))
}

python=$("$root/sdk-python/build.sh") || {
    failed=1
    finish
}
cd "$root/sdk-python" || exit 1
bin=$(dirname "$python")
others=()
for folder in examples/flights/python examples/pingpong/python examples/switchboard/python benches/python tests/conformance/drivers/python tests/oracle/drivers/python; do
    [[ -d $root/$folder ]] && others+=("../$folder")
done

# Messages of the tests' contracts, as protoc writes them; those of the options are part of the package.
messages() { # out include proto...
    local out=$1 include=$2
    shift 2
    "$python" -m grpc_tools.protoc -I"$root/proto" -I"$include" --python_out="$out" --pyi_out="$out" "$@"
}
options_are_fresh() {
    local made
    made=$(mktemp -d)
    messages "$made" "$root/proto" everact/v1/options.proto && diff -r -x __init__.py -x __pycache__ "$made/everact/v1" src/everact/v1 &&
        rm -r "$made"
}

quickstart=$root/examples/quickstart/python/main.py

check "messages" messages tests/contract tests/contract parts/v1/parts.proto
check "messages of the generator's example" messages tests/contract "$root/core/codegen/tests/corpus" flights/v1/airports.proto
check "messages, options are fresh" options_are_fresh
# Those that need code which their own suites generate: no types without it.
generated=(../benches/door/python ../tests/interop/python)
check "format" "$bin/ruff" format --check --config pyproject.toml . "$quickstart" ../examples/switchboard/check.py "${others[@]}" "${generated[@]}"
check "lint" "$bin/ruff" check --config pyproject.toml . ../examples/switchboard/check.py "${others[@]}" "${generated[@]}"
check "lint, quickstart" "$bin/ruff" check --config pyproject.toml --extend-ignore D "$quickstart"
check "types, Python 3.10" "$bin/mypy" --python-version 3.10 src tests "$quickstart" "${others[@]}"
check "types, Python 3.12" "$bin/mypy" --python-version 3.12 src tests "$quickstart" "${others[@]}"

report=$(mktemp)
trap 'rm -f "$report"' EXIT
# Interrupted, it shows where it waits.
timeout --signal=INT --kill-after=20 1200 "$python" -m pytest --junit-xml "$report" tests
ran=$?
counts=$("$python" - "$report" <<'END'
import sys
import xml.etree.ElementTree as xml

suite = next(xml.parse(sys.argv[1]).getroot().iter("testsuite"))
bad = int(suite.get("failures", 0)) + int(suite.get("errors", 0)) + int(suite.get("skipped", 0))
print(int(suite.get("tests", 0)) - bad, bad)
END
) || counts="0 1"
read -r good bad <<<"$counts"
if ((ran != 0 && bad == 0)); then bad=1; fi
passed=$((passed + good))
failed=$((failed + bad))

folder=$(mktemp -d)
check "quickstart" env -C "$folder" "$python" "$quickstart"
check "quickstart, again on its data" env -C "$folder" "$python" "$quickstart"
rm -rf "$folder"
check "switchboard" "$python" "$root/examples/switchboard/check.py" "$root/examples/switchboard/python/run.sh"
finish
