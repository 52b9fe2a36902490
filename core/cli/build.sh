#!/usr/bin/env bash
# Builds the command and prints where it is; core/build.sh tells what the environment chooses.
set -euo pipefail
folder=$("$(dirname "${BASH_SOURCE[0]}")/../build.sh" everact-cli)
printf '%s\n' "$folder/everact"
