"""The figures of sdk-python, one JSON line each: python bench.py [SECONDS] [ROUNDS] [NAME'S BEGINNING].

Each figure is the median of some rounds. EVERACT_BENCH_DATA names where data folders are made; the disk under it is
what the durable figures measure. EVERACT_BENCH_LOOP=uvloop measures under uvloop.
"""

from __future__ import annotations

import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable

from asks import ASKS, open_empty_ms, rate
from fairness import fairness
from peers import pykka_seq, queue_conc, queue_seq
from process_peers import peer_figures, peer_live_bytes
from processes import live_bytes, process_figures

PROCESSES_PART = 0.25
"""Of the time of a figure: there are many of processes and their peers."""
PLACE = os.environ.get("EVERACT_BENCH_DATA")
RESIDENT = "print(int(open('/proc/self/statm').read().split()[1]) * __import__('resource').getpagesize() / 2**20)"
BARE = f"import asyncio; asyncio.run(asyncio.sleep(0.2)); {RESIDENT}"
OPEN = f"""
import asyncio
from everact import Actor, Engine, handler

class Counter(Actor):
    value: int = 0

    @handler
    async def add(self, amount: int) -> int:
        self.value += amount
        return self.value

async def main():
    async with Engine({{folder!r}}, actors=[Counter]) as engine:
        await engine.actor(Counter, "a").add(1)
        await asyncio.sleep(0.2)
        {RESIDENT}

asyncio.run(main())
"""


def in_folder(work: Callable[[str], float]) -> float:
    """Does work with an empty data folder that goes away."""
    with tempfile.TemporaryDirectory(dir=PLACE) as folder:
        return work(folder)


def idle_rss_mb(folder: str) -> float:
    """How much more memory an idle engine needs than the bare interpreter with asyncio, in MiB."""

    def resident(program: str) -> float:
        done = subprocess.run([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, check=True)
        return float(done.stdout)

    return resident(OPEN.format(folder=folder)) - resident(BARE)


def ask_figure(name: str, seconds: float) -> float:
    """One round of one of the asks."""
    measure, is_durable = ASKS[name]
    if is_durable:
        return in_folder(lambda folder: asyncio.run(rate(folder, seconds, measure)))
    return asyncio.run(rate(None, seconds, measure))


def figures(seconds: float) -> dict[str, tuple[Callable[[], float], str]]:
    """All figures: how to measure one round of each, and its unit."""
    asks = {name: ((lambda name=name: ask_figure(name, seconds)), "per s") for name in ASKS}
    return {
        **asks,
        "open.empty_ms": (lambda: in_folder(open_empty_ms), "ms"),
        "idle.rss_mb": (lambda: in_folder(idle_rss_mb), "MiB"),
        "peer.asyncio_queue.seq": (lambda: asyncio.run(queue_seq(seconds)), "per s"),
        "peer.asyncio_queue.conc": (lambda: asyncio.run(queue_conc(seconds)), "per s"),
        "peer.pykka.seq": (lambda: pykka_seq(seconds), "per s"),
        **process_figures(seconds * PROCESSES_PART),
        **peer_figures(seconds * PROCESSES_PART),
    }


ONCE: dict[str, tuple[Callable[[], float], str]] = {
    "process.live_bytes": (lambda: live_bytes("holder"), "B"),
    "process.receiver_live_bytes": (lambda: live_bytes("waiting", 100_000), "B"),
    "peer.xoscar.process.live_bytes": (lambda: peer_live_bytes("xoscar"), "B"),
    "peer.pykka.process.live_bytes": (lambda: peer_live_bytes("pykka"), "B"),
}
"""Figures that take long and hardly differ from round to round."""


def say(name: str, value: float, unit: str) -> None:
    """Prints a figure."""
    line = {"name": name, "language": "python", "value": round(value, 2), "unit": unit}
    print(json.dumps(line), flush=True)


def main() -> None:
    """Measures what the arguments ask for."""
    given = [*sys.argv[1:], *("2", "3", "")[len(sys.argv) - 1 :]]
    seconds, rounds, beginning = float(given[0]), int(given[1]), given[2]
    if os.environ.get("EVERACT_BENCH_LOOP") == "uvloop":
        import uvloop

        uvloop.install()
    for name, (measure, unit) in figures(seconds).items():
        if name.startswith(beginning):
            say(name, statistics.median(measure() for _ in range(rounds)), unit)
    for name, (measure, unit) in ONCE.items():
        if name.startswith(beginning):
            say(name, measure(), unit)
    if "fair".startswith(beginning) or beginning.startswith("fair"):
        found = [asyncio.run(fairness(seconds)) for _ in range(rounds)]
        for name, (_, unit) in found[0].items():
            if name.startswith(beginning):
                say(name, statistics.median(one[name][0] for one in found), unit)


main()
