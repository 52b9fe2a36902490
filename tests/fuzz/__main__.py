"""Hostile requests against an engine of each language; every one is followed by a good call to the same actor (README.md)."""

import argparse
import http.client
import json
import os
import random
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path[:0] = [str(HERE), str(ROOT / "tests/conformance/runner")]

from bodies import hostile  # noqa: E402
from driver import Driver  # noqa: E402

LANGUAGES = ("python", "node", "go", "jvm")
# Handlers that a stranger may call as he likes: none of them waits, sleeps or ends its process on purpose.
TARGETS = ("counter/add", "counter/add_then_fail", "counter/get", "scratch/add", "journal/append", "echo/echo", "echo/greet", "echo/nothing")
PATIENCE = 10
SECONDS = 12


class Found(Exception):
    """What the engine did wrong."""


class Server:
    """A language's driver, with an engine that listens."""

    def __init__(self, language, folder):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        described = json.loads((ROOT / f"tests/conformance/drivers/{language}/driver.json").read_text())
        environment = {"EVERACT_LISTEN": f"127.0.0.1:{self.port}", "EVERACT_GATEWAY": '{"serve": "all"}'}
        self.driver = Driver(described["run"], ROOT, environment, Path(folder) / f"{language}.log")
        opened = self.driver.send({"op": "open", "engine": "fuzz", "data": str(Path(folder) / language)}).wait()
        if "error" in opened:
            raise Found(f"the engine does not open: {opened}")

    def post(self, path, body, headers):
        """Status and body of the answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            connection.request("POST", path, body, headers)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def must_answer(self, path, body, headers):
        """The same, where no answer is a finding."""
        try:
            return self.post(path, body, headers)
        except (BrokenPipeError, ConnectionResetError):
            # A server that has refused may close before it has read all: the good call says whether it lives.
            return 400, b""
        except (OSError, http.client.HTTPException) as error:
            raise Found(f"no answer: {error!r}; the driver: {self.driver.process.poll()}") from error


def good_call(server, key, expected):
    """The counter of this key counts on; returns what it holds."""
    status, body = server.must_answer(f"/actors/counter/{key}/add", b"1", {"content-type": "application/json"})
    if status != 200:
        raise Found(f"the next good call: {status} {body[:300]!r}")
    held = json.loads(body)
    if expected is not None and held != expected:
        raise Found(f"the counter holds {held} instead of {expected}")
    return held


def attack(server, source, seconds):
    """Requests until time is up; returns how many."""
    until, count, held = time.monotonic() + seconds, 0, {}
    while time.monotonic() < until:
        target, key = source.choice(TARGETS), source.choice("abc")
        kind, handler = target.split("/")
        body, headers = hostile(source)
        shown = f"{target} {headers} {len(body)} bytes {body[:120]!r}"
        try:
            status, answer = server.must_answer(f"/actors/{kind}/{key}/{handler}", body, headers)
            if b'"Internal"' in answer or status == 504:
                raise Found(f"{status} {answer[:300]!r}")
            # A counter may have taken what was hostile as a number: then it counts from there.
            counted = target in ("counter/add",) and status == 200
            expected = None if counted or key not in held else held[key] + 1
            held[key] = good_call(server, key, expected)
            if kind != "counter":
                good_path, good = good_request(kind, key)
                status, answer = server.must_answer(good_path, good, {"content-type": "application/json"})
                if status not in (200, 204):
                    raise Found(f"a good call to the same actor: {status} {answer[:300]!r}")
        except Found as found:
            raise Found(f"request {count}: {shown}: {found}") from found
        count += 1
    return count


def good_request(kind, key):
    """A message that the actor just attacked must take."""
    handler, body = {"scratch": ("add", b"0"), "journal": ("append", b'"x"'), "echo": ("echo", b'{"a":[1]}')}[kind]
    return f"/actors/{kind}/{key}/{handler}", body


def main():
    """Prints a line for each language and the sum; the exit code says whether all held."""
    parser = argparse.ArgumentParser(prog="tests/fuzz", description=__doc__)
    parser.add_argument("languages", nargs="*", default=list(LANGUAGES))
    parser.add_argument("--seconds", type=float, default=SECONDS, help="for each language")
    parser.add_argument("--seed", type=int, default=int.from_bytes(os.urandom(4), "big"))
    parser.add_argument("--built", action="store_true", help="the drivers are built already")
    given = parser.parse_args()
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        for language in given.languages:
            try:
                if not given.built:
                    build(language)
                server = Server(language, folder)
                try:
                    count = attack(server, random.Random(f"{given.seed} {language}"), given.seconds)
                finally:
                    server.driver.kill()
                print(f"{language}: {count} hostile requests, each followed by a good one (seed {given.seed})", flush=True)
            except Found as found:
                failed += 1
                print(f"{language}: FAILED (seed {given.seed}): {found}", flush=True)
    total = len(given.languages)
    print(f"{total - failed} passed, {failed} failed")
    return 1 if failed else 0


def build(language):
    """Builds a language's driver as the conformance runner does."""
    described = json.loads((ROOT / f"tests/conformance/drivers/{language}/driver.json").read_text())
    if "build" in described:
        done = subprocess.run(described["build"], cwd=ROOT, capture_output=True, text=True, errors="replace", check=False)
        if done.returncode:
            raise Found(f"the driver's build failed:\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}")


if __name__ == "__main__":
    sys.exit(main())
