#!/usr/bin/env bash
# Runs the quickstart on the SDK of this tree, in the folder it is called from.
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
exec java -cp "$("$here/../../../sdk-jvm/build.sh")" "$here/Main.java"
