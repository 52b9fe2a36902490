#!/usr/bin/env bash
# Starts the driver that build.sh made.
out="$(cd "$(dirname "${BASH_SOURCE[0]}")/../../../.." && pwd)/target/oracle/jvm"
exec java -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Djava.util.logging.config.file=/dev/null @"$out/arguments" oracle.Driver
