#!/usr/bin/env bash
# Runs Erlang's ping-pong on the SDK of this tree.
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
exec java -cp "$("$here/../../../sdk-jvm/build.sh")" "$here/Main.java"
