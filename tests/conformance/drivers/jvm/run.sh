#!/usr/bin/env bash
# Starts the driver that build.sh made; many start at once and live shortly, so the JVM is told to be quick about it.
out="$(cd "$(dirname "${BASH_SOURCE[0]}")/../../../.." && pwd)/target/conformance/jvm"
# What the JVM logs would stand among the answers; its errors come all the same.
exec java -Xlog:disable -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xss2m "${ARCHIVE:--XX:SharedArchiveFile=$out/driver.jsa}" @"$out/arguments" conformance.Driver
