#!/usr/bin/env bash
# Starts the driver that build.sh made; many start at once and live shortly, so the JVM is told to be quick about it.
root="$(cd "$(dirname "${BASH_SOURCE[0]}")/../../../.." && pwd)"
exec java -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xss2m -cp "$(cat "$root/target/conformance/jvm/classpath")" conformance.Driver
