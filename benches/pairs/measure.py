"""measure.py SECONDS: in each of five rounds the store's one committer, then `ask.durable.seq` of each language.

Prints each language's median share of the store's rate of its round, and the store's median rate.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LANGUAGES = ("python", "node", "go", "jvm")
ROUNDS = 5
# So few that the store, as the languages, begins with a short log; only that compares what lies above it.
KEYS = "1000"
STORE = ["cargo", "bench", "--quiet", "-p", "everact-store", "--bench", "store", "--", "sqlite"]


def rate(command, name, folder, seconds):
    """The figure `name` of what a command prints."""
    settings = {"BENCH_DATA": folder, "BENCH_FOLDER": folder, "BENCH_COMMITTERS": "1", "BENCH_KEYS": KEYS, "BENCH_SECONDS": seconds}
    environment = {**os.environ, **{f"EVERACT_{key}": value for key, value in settings.items()}}
    out = subprocess.run(command, cwd=ROOT, env=environment, check=True, stdout=subprocess.PIPE, text=True).stdout
    figures = [json.loads(line) for line in out.splitlines() if line.startswith("{")]
    return next(figure["value"] for figure in figures if figure["name"] == name)


def main():
    """Five rounds, then the medians."""
    seconds = sys.argv[1]
    stores, shares = [], {language: [] for language in LANGUAGES}
    with tempfile.TemporaryDirectory(prefix="everact-bench-", dir=os.environ.get("EVERACT_BENCH_DATA")) as folder:
        for _ in range(ROUNDS):
            stores.append(rate(STORE, "store.commits_per_s.1", folder, seconds))
            for language in LANGUAGES:
                command = ["bash", f"benches/{language}/run.sh", seconds, "1", "ask.durable.seq"]
                shares[language].append(rate(command, "ask.durable.seq", folder, seconds) / stores[-1])
    print(json.dumps({"name": "pair.store.commits_per_s.1", "language": "rust", "value": statistics.median(stores), "unit": "1/s"}))
    for language, found in shares.items():
        share = round(statistics.median(found), 3)
        print(json.dumps({"name": "pair.ask.durable.seq_of_store", "language": language, "value": share, "unit": "x"}))


main()
