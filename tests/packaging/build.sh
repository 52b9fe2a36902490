#!/usr/bin/env bash
# Builds what the other suites of this folder pack. It waits for nothing, so tests/total runs it beside suites that do.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
tools=$root/target/venv-packaging
# shellcheck source=tests/packaging/checks.bash
source "$root/tests/packaging/checks.bash"
# shellcheck source=tests/packaging/projects.bash
source "$root/tests/packaging/projects.bash"
EVERACT_TOGETHER=1 build_command
