#!/usr/bin/env bash
# Builds the wheel, installs it with pip into a blank project and runs the quickstart there, with each Python at hand.
# The last line counts: N passed, N failed.
set -uo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
wheels=$root/target/packaging/python
tools=$root/target/venv-packaging
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0
failed=0

# One check that its exit code decides.
check() {
    local name=$1
    shift
    if "$@"; then
        printf 'ok: %s\n' "$name"
        passed=$((passed + 1))
    else
        printf 'FAILED: %s\n' "$name"
        failed=$((failed + 1))
    fi
}

install_tools() {
    [[ -x $tools/bin/python ]] || python3 -m venv "$tools" || return 1
    "$tools/bin/python" -m pip install --quiet --disable-pip-version-check \
        -r "$root/tests/packaging/requirements-python.txt"
}

build_wheel() {
    rm -rf "$wheels"
    install_tools || return 1
    (cd "$root/sdk-python" && PATH=$tools/bin:$PATH maturin build --release --zig --compatibility manylinux2014 \
        --out "$wheels" --quiet)
}

one_wheel_for_all() {
    ls "$wheels"
    compgen -G "$wheels/reenact-*-cp310-abi3-manylinux*manylinux_2_17_*.whl" >/dev/null
}

holds_what_it_should() {
    local listed
    listed=$("$tools/bin/python" -m zipfile --list "$wheels"/*.whl) || return 1
    local name
    for name in reenact/_core.abi3.so reenact/_core.pyi reenact/py.typed reenact/__init__.py reenact/_generated/errors.py LICENSE; do
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
        .venv/bin/python -m pip install --quiet --disable-pip-version-check "$wheels"/reenact-*.whl)
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

print_size() { # folder
    local package
    package=$(cd "$1" && .venv/bin/python -c 'import os, reenact; print(os.path.dirname(reenact.__file__))') || return 1
    printf 'wheel: %s bytes; installed: %s KiB\n' "$(stat -c %s "$wheels"/*.whl)" "$(du -sk "$package" | cut -f1)"
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
check "its size is printed" print_size "$last"
printf '%d passed, %d failed\n' "$passed" "$failed"
exit $((failed > 0))
