"""The flights job under fire: in each language it is killed in the middle, run again to the end, and run once more.

    python3 tests/flights [LANGUAGE...]

The printed table must be the one that this file computes from the records alone, after the kill and after the third run, in which
every record is known already. Without languages it takes all that have an examples/flights/<language>/run.sh and fails for
those of tests/conformance/languages.json that have none. The last line is `N passed, N failed`.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FLIGHTS = ROOT / "examples/flights"
ROW = "%-8s%12s%12s%12s%14s%8s  %s"
KILL_LIMIT_S = 600
# An empty folder has a third of it: what is more came with records.
KILL_AT_BYTES = 1_000_000
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


def stored(data):
    """Bytes in the data folder's files."""
    return sum(path.stat().st_size for path in data.rglob("*") if path.is_file()) if data.exists() else 0


def run_and_kill(command, data):
    """Starts the job and kills all its processes once it has stored records; returns whether it was still at work."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL,
                               start_new_session=True)
    end = time.monotonic() + KILL_LIMIT_S
    while process.poll() is None and stored(data) < KILL_AT_BYTES and time.monotonic() < end:
        time.sleep(0.002)
    at_work = process.poll() is None
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    process.wait()
    return at_work


def check(language, command, data, wanted, total):
    """The three runs of one language; yields (name, trouble or None)."""
    yield "is killed in the middle", None if run_and_kill(command, data) else "it was over before it could be killed"
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


def main():
    listed = json.loads((ROOT / "tests/conformance/languages.json").read_text())
    languages = sys.argv[1:] or sorted({path.parent.name for path in FLIGHTS.glob("*/run.sh")} | set(listed))
    folder = Path(subprocess.run([FLIGHTS / "get-data.sh"], stdout=subprocess.PIPE, text=True, check=True).stdout.strip())
    file = folder / "flights-20k.json"
    wanted, total = expected(file)
    passed = failed = 0
    for language in languages:
        data = Path(tempfile.mkdtemp(prefix="flights-")) / "data"
        begin = time.monotonic()
        for name, trouble in check(language, [FLIGHTS / language / "run.sh", "--data", data, file], data, wanted, total):
            print(f"{'FAILED' if trouble else 'ok':<7} {language}: {name}" + (f"\n{trouble}" if trouble else ""), flush=True)
            passed, failed = passed + (not trouble), failed + bool(trouble)
        print(f"        {time.monotonic() - begin:.1f} s", flush=True)
        shutil.rmtree(data.parent, ignore_errors=True)
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed or not passed else 0)


main()
