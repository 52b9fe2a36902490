#!/usr/bin/env bash
# Builds what the door's figures need into target/door, servers, peers and the load client: benches/door/build.sh
# Messages come from each language's official generator, actors from protoc-gen-everact; nothing generated is kept in this folder.
# EVERACT_PROFILE=dev takes a core without optimization, for work on the programs here.
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
root="$(cd "$here/../.." && pwd)"
out="$root/target/door"
contract=bench/v1/door.proto
plugin="${CARGO_TARGET_DIR:-$root/target}/debug/protoc-gen-everact"

# An empty folder for what is generated for a language.
folder() {
    rm -rf "${out:?}/$1"
    mkdir -p "$out/$1"
}

# protoc over the contract, with our plugin.
protoc() { # protoc's program..., then its arguments behind --
    local program=()
    while [[ $1 != -- ]]; do
        program+=("$1")
        shift
    done
    "${program[@]}" -I"$here/proto" -I"$root/proto" --plugin=protoc-gen-everact="$plugin" "${@:2}" "$contract"
}

rust() {
    (cd "$here/rust" && CARGO_TARGET_DIR="$out/rust" cargo build --quiet --release)
}

python() {
    folder python
    protoc "${protoc[@]}" -- --python_out="$out/python" --everact_out=lang=python:"$out/python"
    cp "$here/python/server.py" "$out/python"
    printf '%s' "${protoc[0]}" >"$out/python/interpreter"
}

node() {
    "$root/sdk-node/build.sh"
    folder node
    local modules="$root/sdk-node/node_modules" style=import_extension=js
    mkdir -p "$out/node/node_modules/@bufbuild"
    ln -s "$root/sdk-node" "$out/node/node_modules/everact"
    ln -s "$modules/@bufbuild/protobuf" "$out/node/node_modules/@bufbuild/protobuf"
    protoc "${protoc[@]}" -- --plugin="$modules/.bin/protoc-gen-es" --es_out=target=ts,"$style:$out/node" \
        --everact_out=lang=typescript,"$style:$out/node" everact/v1/options.proto
    cp "$here/node/server.ts" "$out/node"
    "$modules/.bin/esbuild" "$out/node/server.ts" --bundle --packages=external --platform=node --format=esm --target=node20 \
        --log-level=warning --outfile="$out/node/server.mjs"
}

go_() {
    bash "$root/sdk-go/build-native.sh"
    folder go
    local module=module=github.com/everact/everact-go/benches/door
    mkdir "$out/go/benchv1"
    printf 'module github.com/everact/everact-go/benches/door/benchv1\n\ngo 1.26.0\n' >"$out/go/benchv1/go.mod"
    cd "$here/go"
    go build -o "$out/go/protoc-gen-go" google.golang.org/protobuf/cmd/protoc-gen-go
    go build -o "$out/go/protoc-gen-go-grpc" google.golang.org/grpc/cmd/protoc-gen-go-grpc
    protoc "${protoc[@]}" -- --plugin="$out/go/protoc-gen-go" --go_out="$module:$out/go" \
        --plugin="$out/go/protoc-gen-go-grpc" --go-grpc_out="$module:$out/go" --everact_out="lang=go,$module:$out/go"
    go build -o "$out/go" ./server ./peer
}

jvm() {
    local classpath
    classpath="$("$root/sdk-jvm/build.sh" proto)"
    folder jvm
    mvn -B -q -f "$here/jvm/pom.xml" dependency:copy-dependencies -DoutputDirectory="$out/jvm/lib" -DexcludeTypes=exe
    mvn -B -q -f "$here/jvm/pom.xml" dependency:copy-dependencies -DoutputDirectory="$out/jvm" -DincludeTypes=exe -Dmdep.stripVersion
    local generator
    generator="$(ls "$out"/jvm/protoc-gen-grpc-java*)"
    chmod +x "$generator"
    mkdir "$out/jvm/sources" "$out/jvm/classes"
    protoc "$root/sdk-jvm/proto/target/protoc/protoc" -- --java_out="$out/jvm/sources" --plugin=protoc-gen-grpc-java="$generator" \
        --grpc-java_out=@generated=omit:"$out/jvm/sources" --everact_out=lang=java:"$out/jvm/sources"
    find "$out/jvm/sources" -name '*.java' -print0 |
        xargs -0 javac -d "$out/jvm/classes" -Xlint:all,-processing,-classfile -cp "$classpath:$out/jvm/lib/*" "$here"/jvm/*.java
    printf '%s' "$out/jvm/classes:$classpath:$out/jvm/lib/*" >"$out/jvm/classpath"
}

protoc=("$("$root/sdk-python/build.sh")" -m grpc_tools.protoc)
EVERACT_PROFILE=dev "$root/core/build.sh" everact-codegen >/dev/null
for language in rust python node go_ jvm; do
    ("$language")
done
