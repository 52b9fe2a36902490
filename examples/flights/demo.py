"""`make demo`: the flights job in every language that is here, with the table and the rate of each.

    make demo                        # all of them
    make demo LANG=python            # one
    python3 examples/flights/demo.py [LANGUAGE...]

Each language starts from an empty data folder, and runs while the next one is built. The core is built by the profile `quick`, which links in a fraction
of the time that a release takes and is some percent slower; EVERACT_PROFILE=release takes what packages hold. A language whose toolchain is missing is
named and left out; the run fails where a language fails or prints another table than the first one did.
"""

import os
import queue
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
TOOLS = {"python": ["python3", "cargo"], "node": ["node", "npm", "cargo"], "go": ["go", "cargo"], "jvm": ["javac", "mvn", "cargo"]}


def build(languages, built):
    """Builds one language after the other and says for each, as it is done, whether it can run and how long it took."""
    for language in languages:
        begin = time.monotonic()
        done = subprocess.run([HERE / language / "run.sh", "--build"])
        built.put((language, done.returncode == 0, time.monotonic() - begin))


def run(language, folder):
    """Runs a built language; returns its exit code and what it printed, line by line."""
    data = folder / f"data-{language}"
    shutil.rmtree(data, ignore_errors=True)
    done = subprocess.run([HERE / language / "run.sh", "--built", "--data", data, folder / "flights-20k.json"], stdout=subprocess.PIPE, text=True)
    print(done.stdout, flush=True)
    return done.returncode, done.stdout.rstrip().splitlines()


def usable(languages):
    """The languages whose tools are here; names the others."""
    for language in languages:
        if language not in TOOLS:
            sys.exit(f"no such language: {language}; there are {', '.join(TOOLS)}")
        missing = [tool for tool in TOOLS[language] if not shutil.which(tool)]
        if missing:
            print(f"{language}: left out, {', '.join(missing)} is not installed")
        else:
            yield language


def main():
    os.environ.setdefault("EVERACT_PROFILE", "quick")
    languages = list(usable(sys.argv[1:] or TOOLS))
    built = queue.Queue()
    threading.Thread(target=build, args=(languages, built), daemon=True).start()
    print(f"building {', then '.join(languages)} (the first takes some minutes: all of the core is compiled)", flush=True)
    folder = Path(subprocess.run([HERE / "get-data.sh"], stdout=subprocess.PIPE, text=True, check=True).stdout.strip())
    tables, rates, troubles = {}, [], []
    for _ in languages:
        language, can_run, seconds = built.get()
        print(f"\n=== {language} (built in {seconds:.0f} s): examples/flights/{language}/run.sh", flush=True)
        code, lines = run(language, folder) if can_run else (1, [])
        if code or not lines:
            troubles.append(f"{language}: exit code {code}" if can_run else f"{language}: it could not be built")
            continue
        tables[language] = lines[:-1]
        rates.append(lines[-1])
    first = next(iter(tables), None)
    troubles += [f"{language} prints another table than {first}" for language in tables if tables[language] != tables[first]]
    print("\n".join(["", *rates, *troubles]))
    if len(tables) > 1 and not troubles:
        print(f"{len(tables)} languages, one table")
    sys.exit(1 if troubles or not tables else 0)


main()
