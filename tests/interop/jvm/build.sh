#!/usr/bin/env bash
# Builds the two halves of this folder into target/interop/jvm: peer, on the SDK of this repository, and official, on grpc-java, which knows nothing of
# it. The messages are the same on both sides; each side has its own generator's code beside them.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
root="$(realpath ../../..)"
out="$root/target/interop/jvm"
generated="$out/generated"

# Two builds at the same time would write the same files.
mkdir -p "$out"
exec 9>"$out/lock"
flock 9

EVERACT_PROFILE=dev "$root/core/build.sh" everact-codegen >/dev/null
sdk="$("$root/sdk-jvm/build.sh" proto)"
if [ ! "$out/installed" -nt pom.xml ] || [ ! "$out/installed" -nt "$root/sdk-jvm/pom.xml" ]; then
    rm -rf "$out/lib"
    mvn -B -q initialize >&2
    chmod +x "$out/protoc-gen-grpc-java"
    touch "$out/installed"
fi

protoc() { # what protoc takes
    "$root/sdk-jvm/proto/target/protoc/protoc" -I"$root/core/codegen/tests/corpus" -I"$root/proto" -I"$root/sdk-jvm/proto/target/protoc/include" "$@"
}
rm -rf "$generated"
mkdir -p "$generated"/{messages,everact,grpc} "$out"/{peer,official}
protoc --java_out="$generated/messages" flights/v1/airports.proto
protoc --plugin="${CARGO_TARGET_DIR:-$root/target}/debug/protoc-gen-everact" --everact_out=lang=java:"$generated/everact" flights/v1/airports.proto
protoc --plugin="$out/protoc-gen-grpc-java" --grpc-java_out="$generated/grpc" flights/v1/airports.proto
# The contract's options come with our SDK; others take them for messages like any other.
protoc --java_out="$generated/grpc" everact/v1/options.proto

# Generated code is not held to our lints.
compile() { # half, class path, its generated code, its programs
    local half="$out/$1" path="$2" code="$3"
    shift 3
    find "$generated/messages" "$generated/$code" -name '*.java' -exec javac -d "$half" --release 17 -nowarn -cp "$path" {} +
    javac -d "$half" --release 17 -encoding UTF-8 -Xlint:all,-processing -Werror -cp "$half:$path" "$@"
    echo "$half:$path" >"$half/classpath"
}
compile peer "$sdk" everact Airport.java Serve.java Client.java Lines.java
compile official "$out/lib/*" grpc Official.java Failure.java Lines.java
