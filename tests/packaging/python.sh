#!/usr/bin/env bash
# Builds the wheel, installs it with pip into a blank project and runs the quickstart there, with each Python at hand; then the command that it
# carries: a new project, the guide's contract under protoc.
# The last line counts: N passed, N failed.
set -uo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
wheels=$root/target/packaging/python
tools=$root/target/venv-packaging
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# shellcheck source=tests/packaging/checks.bash
source "$root/tests/packaging/checks.bash"
# shellcheck source=tests/packaging/projects.bash
source "$root/tests/packaging/projects.bash"

build_wheel() {
    rm -rf "$wheels"
    install_tools && PATH=$tools/bin:$PATH "$root/sdk-python/pack.sh" "$wheels"
}

one_wheel_for_all() {
    ls "$wheels"
    compgen -G "$wheels/everact-*-cp310-abi3-manylinux*manylinux_2_17_*.whl" >/dev/null
}

holds_what_it_should() {
    local listed
    listed=$("$tools/bin/python" -m zipfile --list "$wheels"/*.whl) || return 1
    local name
    for name in everact/_core.abi3.so everact/_core.pyi everact/py.typed everact/__init__.py everact/_generated/errors.py \
        everact/_command/everact everact/v1/options.proto LICENSE; do
        grep -q "$name" <<<"$listed" || {
            printf 'the wheel lacks %s\n' "$name"
            return 1
        }
    done
    ! grep -E 'tests/|\.rs ' <<<"$listed"
}

# A blank project in an empty folder: no path of the source tree, no setting of this machine's Python.
project() { # interpreter folder
    mkdir "$2" && (cd "$2" && "$1" -m venv .venv &&
        .venv/bin/python -m pip install --quiet --disable-pip-version-check "$wheels"/everact-*.whl)
}

runs_the_quickstart() { # folder
    cp "$root/examples/quickstart/python/main.py" "$1" || return 1
    local run
    for run in 1 2; do
        local answer
        answer=$(cd "$1" && env -u PYTHONPATH .venv/bin/python main.py) || return 1
        printf 'quickstart, run %s: %s\n' "$run" "$answer"
        [[ $answer == "flight $run, 12 minutes late" ]] || return 1
    done
}

has_types() { # folder
    (cd "$1" && .venv/bin/python -m pip install --quiet --disable-pip-version-check mypy typing_extensions &&
        .venv/bin/python -m mypy --strict main.py)
}

command_in() { # folder
    echo "$1"/.venv/lib/python3*/site-packages/everact/_command/everact
}

has_the_command() { # folder
    needs_no_newer_glibc "$(command_in "$1")" && is_the_command "$1/.venv/bin/everact" && is_the_command "$1/.venv/bin/python" -m everact
}

says_what_is_missing_without_the_command() { # folder
    local program code
    program=$(command_in "$1")
    mv "$program" "$1/taken"
    fails_with 1 "It comes in the wheel of this platform" "$1/.venv/bin/everact" --version
    code=$?
    mv "$1/taken" "$program" && return $code
}

# The contract of the guide, in a project of its own, with the extra that generated code needs.
contract() { # folder
    mkdir -p "$1/proto/flights/v1" "$1/gen" &&
        awk '/^```$/ && inside { exit } inside { print } /^```proto$/ { inside = 1 }' "$root/docs/guide/contract.md" >"$1/proto/flights/v1/airports.proto" &&
        (cd "$1" && python3 -m venv .venv && .venv/bin/python -m pip install --quiet --disable-pip-version-check \
            "$(echo "$wheels"/everact-*.whl)[proto]" grpcio-tools)
}

generates() { # folder
    local run
    run=$(grep -o 'everact generate --lang python .*' "$root/docs/guide/contract.md")
    (cd "$1" && PATH=$PWD/.venv/bin:$PATH bash -c "$run" && mv gen/flights/v1/airports_everact.py expected.py)
}

# protoc finds the plugin on the PATH by its name, and the options where the package is.
is_protocs_plugin() { # folder
    local run
    run=$(grep -o 'protoc -I proto .*lang=python .*' "$root/docs/guide/contract.md")
    (cd "$1" && PATH=$PWD/.venv/bin:$PATH bash -c "python -m grpc_tools.$run" && cmp expected.py gen/flights/v1/airports_everact.py)
}

# What was generated is an actor, which the command calls as a service.
runs_the_contract() { # folder
    cat >"$1/main.py" <<'PROGRAM'
import asyncio

from flights.v1.airports_pb2 import LandedRequest, LandedResponse
from flights.v1.airports_everact import AirportsActor
from everact import Context, Engine


class Airports(AirportsActor):
    def landed(self, ctx: Context, request: LandedRequest, /) -> LandedResponse:
        self.state.flights += 1
        return LandedResponse(flights=self.state.flights)


async def main() -> None:
    async with Engine("flights-data", actors=[Airports], listen="127.0.0.1:0") as engine:
        call = "call --json --data {} flights.v1.Airports/Landed SFO --address".split()
        process = await asyncio.create_subprocess_exec("everact", *call, engine.address)
        await process.wait()


asyncio.run(main())
PROGRAM
    local answer
    answer=$(cd "$1" && PATH=$PWD/.venv/bin:$PATH PYTHONPATH=gen python main.py) || return 1
    printf 'the contract: %s\n' "$answer"
    [[ $answer == '{"flights":"1"}' ]]
}

print_size() { # folder
    local package
    package=$(cd "$1" && .venv/bin/python -c 'import os, everact; print(os.path.dirname(everact.__file__))') || return 1
    printf 'wheel: %s bytes; installed: %s KiB, of which the command: %s KiB\n' "$(stat -c %s "$wheels"/*.whl)" "$(du -sk "$package" | cut -f1)" \
        "$(du -sk "$package/_command" | cut -f1)"
}

interpreters() { # every Python that the wheel is for, once
    local candidate found
    for candidate in python3 python3.10 python3.11 python3.12 python3.13 python3.14 "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.1[0-9]*/bin/python; do
        found=$("$candidate" -c 'import sys; assert sys.version_info >= (3, 10); print("%d.%d" % sys.version_info[:2], sys.executable)' 2>/dev/null) && echo "$found"
    done | sort -u -k1,1 -V
}

check "the wheel is built" build_wheel
check "it is for CPython 3.10 and newer, glibc 2.17 and newer" one_wheel_for_all
check "it holds the core, the types and the licence" holds_what_it_should
while read -r version interpreter; do
    check "Python $version installs it" project "$interpreter" "$work/$version"
    check "Python $version runs the quickstart" runs_the_quickstart "$work/$version"
    last=$work/$version
done < <(interpreters)
check "mypy --strict reads its types" has_types "$last"
check "the command comes with it" has_the_command "$last"
check "without the command the error says what to do" says_what_is_missing_without_the_command "$last"
export PIP_FIND_LINKS=$wheels${PIP_FIND_LINKS:+ $PIP_FIND_LINKS}
check_new_project "$work/plain" python "$last/.venv/bin/everact"
check_new_project "$work/contracted" python --contract "$last/.venv/bin/everact"
check "a contract's project installs it with the extra" contract "$work/contract"
check "everact generate writes the guide's contract" generates "$work/contract"
check "under protoc it is the plugin" is_protocs_plugin "$work/contract"
check "what was generated runs, and is called" runs_the_contract "$work/contract"
check "its size is printed" print_size "$last"
finish
