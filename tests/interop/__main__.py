"""Every language against each of the others, and tools that others wrote: python3 tests/interop [PART ...]; README.md tells the parts. The last line counts."""

import subprocess
import sys
import time
from pathlib import Path

# What tests/codegen brings is used here too: protoc, buf, the plugin.
sys.path.append(str(Path(__file__).resolve().parents[1] / "codegen"))

import browser
import commands
import documents
import equipment
import peers
import story
from tools import Failed, run

PARTS = [*peers.LANGUAGES, "openapi", "browser"]


class Tally:
    """Counts checks and prints a line for each."""

    def __init__(self):
        self.passed = self.failed = 0

    def check(self, name, function, *arguments):
        """Runs a check; `Failed` makes it one that failed."""
        began = time.monotonic()
        try:
            function(*arguments)
        except (Failed, subprocess.TimeoutExpired, OSError) as trouble:
            self.failed += 1
            print(f"FAILED  {name}\n{trouble}", flush=True)
        else:
            self.passed += 1
            print(f"ok      {name} ({time.monotonic() - began:.1f} s)", flush=True)


def reflection(address):
    told = run(equipment.python() / "python", equipment.HERE / "official.py", address, "reflection", quiet=True).splitlines()
    if "flights.v1.Airports" not in told[0].split() or "Landed:LandedRequest" not in told[1].split():
        raise Failed(f"reflection told {told}")


def health(address):
    told = run(equipment.python() / "python", equipment.HERE / "official.py", address, "health", quiet=True).split()
    if told != ["SERVING", "SERVING", "NOT_FOUND"]:
        raise Failed(f"health told {told}")


def watched(language):
    """A watcher hears the end before the connection goes."""
    command = [equipment.python() / "python", equipment.HERE / "official.py"]
    with peers.served(language) as address:
        watcher = subprocess.Popen([*command, address, "health-ends"], stdout=subprocess.PIPE, text=True)
        first = watcher.stdout.readline().strip()
    rest, _ = watcher.communicate(timeout=peers.CLOSING_S)
    if [first, *rest.split()] != ["SERVING", "NOT_SERVING"]:
        raise Failed(f"the watcher heard {[first, *rest.split()]}")


def language(tally, name):
    """One language's server, called by everybody."""
    with peers.served(name) as address:
        for caller in peers.LANGUAGES:
            for role, words in (("client", "typed references"), ("grpc", "official gRPC")):
                play = lambda caller=caller, role=role: story.held(
                    peers.play(caller, role, address, f"{caller}-{role}"), story.OFFICIAL_LINES if role == "grpc" else None
                )
                tally.check(f"{name} server, {caller} {words}", play)
        for what, function in commands.CHECKS.items():
            tally.check(f"{name} server, {what}", function, address)
        tally.check(f"{name} server, grpcio reflection", reflection, address)
        tally.check(f"{name} server, grpcio health", health, address)
        tally.check(f"{name} server, openapi-spec-validator", documents.is_valid, address)
        tally.check(f"{name} server, schemathesis", documents.schemathesis, address, documents.EXAMPLES_EACH)
    tally.check(f"{name} server, grpcio health to the end", watched, name)


def openapi(tally):
    with documents.serving_shop() as address:
        tally.check("schemathesis", documents.schemathesis, address, documents.EXAMPLES)


def in_browser(tally):
    with peers.served("python", {"cors": {"origins": ["*"]}}) as address:
        tally.check("a page in a browser, over gRPC-Web and HTTP", browser.plays, address)


def main():
    wanted = sys.argv[1:] or PARTS
    unknown = set(wanted) - set(PARTS)
    if unknown:
        sys.exit(f"no such part: {', '.join(sorted(unknown))}; known are {', '.join(PARTS)}")
    tally = Tally()
    for part in wanted:
        if part == "openapi":
            tally.check("the shop is served", openapi, tally)
        elif part == "browser":
            tally.check("the page's server ends well", in_browser, tally)
        else:
            tally.check(f"{part} server, starts and ends well", language, tally, part)
    print(f"{tally.passed} passed, {tally.failed} failed")
    sys.exit(1 if tally.failed or not tally.passed else 0)


main()
