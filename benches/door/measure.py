"""The figures of the door, one JSON line each: measure.py SECONDS, after build.sh.

Every server runs all the time, and waits while another one is measured. Each figure is the median of three rounds, in
which the servers take turns; before them each gets some seconds of calls, so that what compiles while it runs has
compiled. EVERACT_BENCH_DATA names where the data folders are made; the disk under it is what the durable figures
measure.
"""

import contextlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

BUILT = Path(__file__).resolve().parents[2] / "target/door"
ROUNDS = 3
FIRST_WARM_UP_SECONDS = 4
WARM_UP_SECONDS = 0.5
# What only our servers are measured with, by the load client's name for it. The JSON one is how load clients call the systems
# that we measure ourselves against: they speak no gRPC.
OF_DOORS = {
    "session": "say-session",
    "durable_add": "add",
    "durable_add_json": "add-json",
    "durable_add_session": "add-session",
}


def commands():
    """Programs by their language and what they are."""
    java = ["java", "-XX:+UseParallelGC", "-cp", (BUILT / "jvm/classpath").read_text()]
    return {
        ("python", "door"): [(BUILT / "python/interpreter").read_text(), BUILT / "python/server.py"],
        ("node", "door"): ["node", BUILT / "node/server.mjs"],
        ("go", "door"): [BUILT / "go/server"],
        ("jvm", "door"): [*java, "dev.everact.bench.Server"],
        ("rust", "peer.tonic"): [BUILT / "rust/release/peer"],
        ("go", "peer.grpc_go"): [BUILT / "go/peer"],
        ("jvm", "peer.grpc_java"): [*java, "dev.everact.bench.Peer"],
    }


@contextlib.contextmanager
def serving(command):
    """Runs a server and gives its address; it ends with its input."""
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        address = process.stdout.readline().strip()
        if not address:
            sys.exit(f"{command[0]} did not start")
        yield address
        process.stdin.close()
        if process.wait(30):
            sys.exit(f"{command[0]} ended with {process.returncode}")
    finally:
        process.kill()
        process.wait()


def load(address, call, warm_up, seconds):
    """What the load client measures."""
    client = [BUILT / "rust/release/load", address, call, str(warm_up), str(seconds)]
    return json.loads(subprocess.run(client, check=True, stdout=subprocess.PIPE, text=True).stdout)


def figures(addresses, seconds):
    """Every figure."""
    runs = [(language, what, "unary", "say") for language, what in addresses]
    doors = [(language, what) for language, what in addresses if what == "door"]
    runs += [(*door, name, call) for name, call in OF_DOORS.items() for door in doors]
    for language, what, _, call in runs:
        load(addresses[language, what], call, FIRST_WARM_UP_SECONDS, 0.1)
    rounds = [[load(addresses[run[:2]], run[3], WARM_UP_SECONDS, seconds) for run in runs] for _ in range(ROUNDS)]
    for (language, what, name, _), measured in zip(runs, zip(*rounds, strict=True), strict=True):
        for key, unit in (("per_s", "1/s"), ("p99_us", "us")):
            value = statistics.median(one[key] for one in measured)
            yield {"name": f"{what}.{name}.{key}", "language": language, "value": value, "unit": unit}


def main():
    """Starts the servers and prints the figures."""
    with contextlib.ExitStack() as stack:
        addresses = {}
        for (language, what), command in commands().items():
            if what == "door":
                folder = tempfile.TemporaryDirectory(prefix="everact-bench-", dir=os.environ.get("EVERACT_BENCH_DATA"))
                command = [*command, stack.enter_context(folder)]
            addresses[language, what] = stack.enter_context(serving(command))
        for figure in figures(addresses, float(sys.argv[1])):
            print(json.dumps(figure), flush=True)


main()
