"""The peers: building one, serving with it, playing a story with it."""

import json
import os
import signal
import subprocess
import tempfile
from contextlib import contextmanager
from functools import cache

from tools import ROOT, Failed, run

HERE = ROOT / "tests/interop"
LANGUAGES = ["python", "node", "go", "jvm"]
STORY_S = 60
CLOSING_S = 20


@cache
def peer(language):
    """What peer.json says; the peer is built."""
    said = json.loads((HERE / language / "peer.json").read_text())
    run(*said["build"])
    return said


@contextmanager
def served(language, settings=None):
    """An engine of this language that serves on a fresh folder: its address. It must end by itself, and well, when its input ends."""
    with tempfile.TemporaryDirectory(prefix="interop-") as data:
        gateway = {"EVERACT_GATEWAY": json.dumps(settings)} if settings else {}
        with serving([*peer(language)["serve"], data], gateway) as address:
            yield address


@contextmanager
def serving(command, environment=None):
    """A program that prints its address on its first line and serves until its input ends."""
    with tempfile.TemporaryFile("w+") as trouble:
        process = subprocess.Popen(
            command, cwd=ROOT, env={**os.environ, **(environment or {})}, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=trouble, text=True
        )

        def told(what):
            trouble.seek(0)
            return Failed(f"{what}:\n{trouble.read()[-4000:]}")

        try:
            address = process.stdout.readline().strip()
            if not address.startswith("http://"):
                raise told(f"the server printed {address!r} in place of its address")
            yield address
            process.stdin.close()
            if process.wait(CLOSING_S):
                raise told(f"the server ended with {process.returncode}")
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGQUIT)
            raise told(f"the server did not end within {CLOSING_S} s") from None
        finally:
            if process.poll() is None:
                process.kill()
            process.wait()
            process.stdout.close()


def play(language, role, address, key):
    """What a peer prints when it plays the story as `client` or `grpc`."""
    try:
        done = subprocess.run([*peer(language)[role], address, key], cwd=ROOT, capture_output=True, text=True, timeout=STORY_S, check=False)
    except subprocess.TimeoutExpired as late:
        raise Failed(f"not done after {STORY_S} s; it told\n{(late.stdout or b'').decode()}") from None
    if done.returncode:
        raise Failed(f"ended with {done.returncode}:\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}")
    return done.stdout
