#!/usr/bin/env bash
# Packs the Go module with the libraries inside, serves it through a file GOPROXY, gets it into blank projects and runs the quickstart there, with cgo
# and without; then a new project that the command makes. The last line counts: N passed, N failed.
set -uo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
module=github.com/everact/everact-go
version=v$(sed -n 's/^const Version = "\(.*\)"$/\1/p' "$root/sdk-go/doc.go")
proxy=$root/target/packaging/go
tools=$root/target/venv-packaging
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# shellcheck source=tests/packaging/checks.bash
source "$root/tests/packaging/checks.bash"
# shellcheck source=tests/packaging/projects.bash
source "$root/tests/packaging/projects.bash"

# The published tree: what git tracks of sdk-go without its tests, the licence, and the libraries.
stage() {
    install_tools || return 1
    local name
    while read -r name; do
        install -D -m 644 "$root/sdk-go/$name" "$work/module/$name" || return 1
    done < <(git -C "$root/sdk-go" ls-files | grep -Ev '_test\.go$|\.sh$|\.gitignore$|^proto/testdata/|^internal/serving/')
    cp "$root/LICENSE" "$work/module/" || return 1
    PATH=$tools/bin:$PATH EVERACT_TARGET=x86_64-unknown-linux-gnu.2.17 bash "$root/sdk-go/build-native.sh" "$work/module/internal/native"
}

# A file GOPROXY is a folder: list, info, mod and zip of each version.
publish() {
    local at=$proxy/$module/@v
    rm -rf "$proxy" && mkdir -p "$at" && cp "$work/module/go.mod" "$at/$version.mod" && echo "$version" >"$at/list" &&
        printf '{"Version":"%s","Time":"2026-01-01T00:00:00Z"}' "$version" >"$at/$version.info" &&
        python3 - "$work/module" "$at/$version.zip" "$module@$version" <<'END'
import pathlib
import sys
import zipfile

tree, archive, prefix = pathlib.Path(sys.argv[1]), sys.argv[2], sys.argv[3]
with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
    for path in sorted(path for path in tree.rglob("*") if path.is_file()):
        packed.write(path, f"{prefix}/{path.relative_to(tree)}")
END
}

# The oldest glibc that loads the shared library.
runs_on_old_systems() {
    gzip -dc "$work/module/internal/native/libeveract_linux_amd64.so.gz" >"$work/libeveract.so" && needs_no_newer_glibc "$work/libeveract.so"
}

# go with a module cache, a build cache and settings of its own, so that nothing on this machine helps.
blank_go() {
    blank go "$@"
}

blank() { # command...
    GOENV=off GOFLAGS=-modcacherw GOMODCACHE="$work/modules" GOCACHE="$work/cache" GOPROXY="file://$proxy,$public_proxy" \
        GONOSUMDB="$module" EVERACT_CACHE="$work/unpacked" "$@"
}

project() { # folder
    mkdir "$1" && cd "$1" && blank_go mod init example.com/blank 2>/dev/null && cp "$root/examples/quickstart/go/main.go" . &&
        blank_go get "$module@$version" && blank_go mod tidy
}

runs_the_quickstart() { # folder, then flags of go build
    cd "$1" || return 1
    shift
    rm -rf flights-data && blank_go build -o quickstart "$@" . || return 1
    local run
    for run in 1 2; do
        local answer
        answer=$(EVERACT_CACHE=$work/unpacked ./quickstart) || return 1
        printf 'quickstart, run %s: %s\n' "$run" "$answer"
        [[ $answer == "flight $run, 12 minutes late" ]] || return 1
    done
}

# A service may have no home to write to: the library goes to a folder of this user's below the one for temporary files.
runs_without_a_home() {
    mkdir "$work/temporary" && (cd "$work/project" && rm -rf flights-data && without_a_compiler blank_go build -o homeless . &&
        [[ $(env -u EVERACT_CACHE -u XDG_CACHE_HOME HOME=/proc TMPDIR="$work/temporary" ./homeless) == "flight 1, 12 minutes late" ]]) &&
        ls "$work/temporary/everact-user-$(id -u)"/libeveract-*.so
}

without_a_compiler() { # command...
    CGO_ENABLED=0 CC=/nowhere/cc "$@"
}

damaged_unpacked_library_is_replaced() {
    local library
    library=$(echo "$work"/unpacked/libeveract-*.so)
    chmod u+w "$library" && echo damage >"$library" && (cd "$work/project" && EVERACT_CACHE=$work/unpacked ./quickstart)
}

vendored() {
    (cd "$work/project" && blank_go mod vendor) && runs_the_quickstart "$work/project" -mod=vendor &&
        without_a_compiler runs_the_quickstart "$work/project" -mod=vendor
}

# A contract's page expects protoc on the PATH.
brings_protoc() {
    mkdir "$work/bin" && printf '#!/bin/sh\nexec "%s" "$@"\n' "$root/sdk-go/proto/protoc.sh" >"$work/bin/protoc" && chmod +x "$work/bin/protoc" &&
        PATH=$work/bin:$PATH
}

print_size() {
    printf 'module: %s bytes; installed: %s KiB; unpacked library: %s KiB; quickstart: %s KiB\n' "$(stat -c %s "$proxy/$module/@v/$version.zip")" \
        "$(du -sk "$work/modules/$module@$version" | cut -f1)" "$(du -sk "$work/unpacked" | cut -f1)" "$(du -sk "$work/project/quickstart" | cut -f1)"
}

public_proxy=$(go env GOPROXY)
check "the module is built" stage
check "the module is published to a folder" publish
((failed == 0)) || finish
check "the shared library runs on glibc 2.17 and newer" runs_on_old_systems
check "a blank project gets it" project "$work/project"
check "the quickstart runs, with cgo" runs_the_quickstart "$work/project"
check "the quickstart runs, without cgo and without a C compiler" without_a_compiler runs_the_quickstart "$work/project"
check "it runs without a home to write to" runs_without_a_home
check "a damaged unpacked library is replaced" damaged_unpacked_library_is_replaced
check "the quickstart runs from a vendor folder, both ways" vendored
check "the command is installed" installs_the_command
blank check_new_project "$work/plain" go everact
check "protoc is there" brings_protoc
blank check_new_project "$work/contracted" go --contract everact
check "its size is printed" print_size
finish
