"""The flights job: sends every record once, waits for the arrivals, compares the totals with a group-by, prints.

python flights.py --data FOLDER FILE...
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from pathlib import Path

from airport import Airport, Totals
from progress import Progress
from records import count_of, group_by
from sender import Sender

from everact import Engine, EveractError

ARRIVALS_LIMIT_S = 60
ROUND_PAUSE_S = 0.02
BUSIEST = 10


async def reports(engine: Engine, airports: list[str]) -> dict[str, Totals]:
    """What every airport's actor has counted, once all arrivals are in."""
    end = time.monotonic() + ARRIVALS_LIMIT_S
    while True:
        answers = await asyncio.gather(*(engine.actor(Airport, code).report() for code in airports))
        if sum(one.arrivals for one in answers) == sum(one.departures for one in answers):
            return dict(zip(airports, answers, strict=True))
        if time.monotonic() > end:
            sys.exit(f"not all arrivals came in within {ARRIVALS_LIMIT_S} s")
        await asyncio.sleep(ROUND_PAUSE_S)


def show(counted: dict[str, Totals], expected: dict[str, Totals], flights: int) -> bool:
    """Prints the table of the busiest; whether all airports agree with the group-by."""
    form = "{:<8}{:>12}{:>12}{:>12}{:>14}{:>8}  {}"
    print(form.format("airport", "departures", "arrivals", "delay sum", "distance sum", "worst", "group-by"))
    busiest = sorted(counted, key=lambda code: (-counted[code].departures - counted[code].arrivals, code))
    for code in busiest[:BUSIEST]:
        one = counted[code]
        verdict = "equal" if one == expected[code] else "differs"
        figures = (one.departures, one.arrivals, one.delay_sum, one.distance_sum, one.worst_delay)
        print(form.format(code, *figures, verdict))
    differing = sum(counted[code] != expected[code] for code in counted)
    agreement = f"{differing} differ from" if differing else "all equal to"
    print(f"\n{flights} flights, {len(counted)} airports: {agreement} the group-by")
    return not differing


async def run(data: Path, files: list[Path]) -> bool:
    """The whole job."""
    flights = sum(count_of(path) for path in files)
    expected = group_by(files)
    async with Engine(data, actors=[Airport]) as engine:
        sender = Sender(engine, Progress(flights).advance)
        begin = time.perf_counter()
        for path in files:
            await sender.send(path)
        counted = await reports(engine, sorted(expected))
        seconds = time.perf_counter() - begin
    agrees = show(counted, expected, flights)
    rate = int(flights / seconds)
    print(f"python: {sender.sent} sent, {sender.known} known, {seconds:.2f} s, {rate} flights/s")
    return agrees


def main() -> None:
    """Reads the arguments and runs the job."""
    parser = argparse.ArgumentParser(prog="flights")
    parser.add_argument("--data", type=Path, required=True, metavar="FOLDER")
    parser.add_argument("files", type=Path, nargs="+", metavar="FILE")
    given = parser.parse_args()
    try:
        agrees = asyncio.run(run(given.data, given.files))
    except (OSError, EveractError) as error:
        sys.exit(f"{type(error).__name__}: {error}")
    sys.exit(0 if agrees else 1)


main()
