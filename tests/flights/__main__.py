"""The flights job under fire: in each language it is killed in the middle, run again to the end, and run once more.

    python3 tests/flights [--long] [--kills N] [LANGUAGE...]

It takes 20,000 records and one kill; with `--long` 3,000,000 and ten kills, at moments spread over the work (an hour for four languages).
The printed table must be the one that this file computes from the records alone, after the kill and after the third run, in which
every record is known already. Without languages it takes all that have an examples/flights/<language>/run.sh and fails for
those of tests/conformance/languages.json that have none. The last line is `N passed, N failed`.
"""

import argparse
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FLIGHTS = ROOT / "examples/flights"
ROW = "%-8s%12s%12s%12s%14s%8s  %s"
KILL_LIMIT_S = 600
PER_CENT = re.compile(r"(\d+) %")
LAST_LINE = re.compile(r"(\w+): (\d+) sent, (\d+) known, [\d.]+ s, \d+ flights/s")


def expected(path):
    """The table as the story's README describes it, from the file alone."""
    airports = defaultdict(lambda: [0, 0, 0, 0, 0])
    records = json.loads(path.read_text())
    for record in records:
        for column, airport in ((0, record["origin"]), (1, record["destination"])):
            row = airports[airport]
            row[column] += 1
            row[2] += record["delay"]
            row[3] += record["distance"]
            row[4] = max(row[4], record["delay"])
    busiest = sorted(airports, key=lambda code: (-airports[code][0] - airports[code][1], code))[:10]
    lines = [ROW % ("airport", "departures", "arrivals", "delay sum", "distance sum", "worst", "group-by")]
    lines += [ROW % (code, *airports[code], "equal") for code in busiest]
    lines += ["", f"{len(records)} flights, {len(airports)} airports: all equal to the group-by"]
    return lines, len(records)


class Progress:
    """How far a run has come: it writes a line to stderr at each tenth of its records, or for several at once."""

    def __init__(self, stream):
        self.tenths = 0
        self.reader = threading.Thread(target=self._read, args=[stream], daemon=True)
        self.reader.start()

    def _read(self, stream):
        for line in stream:
            if match := PER_CENT.search(line):
                self.tenths = int(match[1]) // 10


def run_and_kill(command, tenths, later_s):
    """Starts the job and kills all its processes, so many seconds after so many tenths are answered; returns whether it was still at work."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL,
                               start_new_session=True, text=True, errors="replace")
    progress = Progress(process.stderr)
    end = time.monotonic() + KILL_LIMIT_S
    while process.poll() is None and progress.tenths < tenths and time.monotonic() < end:
        time.sleep(0.002)
    time.sleep(later_s)
    at_work = process.poll() is None
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    process.wait()
    progress.reader.join()
    process.stderr.close()
    return at_work


def check(language, command, wanted, total, kills):
    """The runs of one language; yields (name, trouble or None)."""
    for kill in range(kills):
        # The first comes with the first tenth: what is answered is stored. The others come at any moment of the work that follows.
        later_s = random.random() if kill else 0
        at_work = run_and_kill(command, max(1, 10 * kill // kills), later_s)
        name = "is killed in the middle" if kills == 1 else f"is killed in the middle, {kill + 1} of {kills}"
        yield name, None if at_work else "it was over before it could be killed"
    for name in ("after the kill all totals are right", "run again it changes nothing"):
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True)
        lines = done.stdout.rstrip().splitlines()
        match = LAST_LINE.fullmatch(lines[-1]) if lines else None
        if done.returncode or not match:
            yield name, f"exit code {done.returncode}: {done.stdout[-500:]} {done.stderr[-1500:]}"
        elif [line.rstrip() for line in lines[:-1]] != [line.rstrip() for line in wanted]:
            yield name, "another table:\n" + "\n".join(lines)
        elif (match[1], int(match[2]) + int(match[3])) != (language, total):
            yield name, f"the last line does not add up to {total}: {lines[-1]}"
        elif not int(match[3]):
            yield name, f"no record was known from the run before: {lines[-1]}"
        else:
            yield name, None


def three_million(folder):
    """The large file as JSON, made from the Parquet file once."""
    file = folder / "flights-3m.json"
    if not file.exists():
        python = subprocess.run([ROOT / "sdk-python/build.sh"], stdout=subprocess.PIPE, text=True, check=True).stdout.strip()
        subprocess.run([python, Path(__file__).with_name("to_json.py"), file.with_suffix(".parquet"), file], check=True)
    return file


def options():
    """What the command line says."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("languages", nargs="*", metavar="LANGUAGE", help="python, node, go, jvm (default: all)")
    parser.add_argument("--long", action="store_true", help="3,000,000 records and ten kills instead of 20,000 and one")
    parser.add_argument("--kills", type=int, help="so many kills")
    return parser.parse_args()


def main():
    asked = options()
    kills = asked.kills or (10 if asked.long else 1)
    listed = json.loads((ROOT / "tests/conformance/languages.json").read_text())
    languages = asked.languages or sorted({path.parent.name for path in FLIGHTS.glob("*/run.sh")} | set(listed))
    folder = Path(subprocess.run([FLIGHTS / "get-data.sh"], stdout=subprocess.PIPE, text=True, check=True).stdout.strip())
    file = three_million(folder) if asked.long else folder / "flights-20k.json"
    wanted, total = expected(file)
    passed = failed = 0
    for language in languages:
        data = Path(tempfile.mkdtemp(prefix="flights-")) / "data"
        begin = time.monotonic()
        for name, trouble in check(language, [FLIGHTS / language / "run.sh", "--data", data, file], wanted, total, kills):
            print(f"{'FAILED' if trouble else 'ok':<7} {language}: {name}" + (f"\n{trouble}" if trouble else ""), flush=True)
            passed, failed = passed + (not trouble), failed + bool(trouble)
        print(f"        {time.monotonic() - begin:.1f} s", flush=True)
        shutil.rmtree(data.parent, ignore_errors=True)
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed or not passed else 0)


main()
