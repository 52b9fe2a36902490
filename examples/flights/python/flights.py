"""The flights job: sends every record once, waits for the arrivals, compares the totals with a group-by, prints.

python flights.py --data FOLDER FILE...
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from airport import Airport, Departure, Totals
from progress import Progress
from records import count_of, flights_of, group_by

from everact import Engine, EveractError

ARRIVALS_LIMIT_S = 60
ROUND_PAUSE_S = 0.02
IN_FLIGHT = 1_000
BUSIEST = 10


def messages(engine: Engine, path: Path) -> Iterator[tuple[Callable[..., Any], Departure]]:
    """A file's records, each for its origin's actor."""
    for flight in flights_of(path):
        departure = Departure(flight.destination, flight.delay, flight.distance, flight.date)
        yield engine.actor(Airport, flight.origin).departed, departure


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
        advance, sent, known = Progress(flights).advance, 0, 0
        begin = time.perf_counter()
        for path in files:
            # The file's name and a record's number recognize it: what an earlier run has applied is not applied again.
            done = await engine.producer(path.name).ingest(
                messages(engine, path), in_flight=IN_FLIGHT, done=lambda _: advance()
            )
            sent, known = sent + done.applied, known + done.already_applied
        counted = await reports(engine, sorted(expected))
        seconds = time.perf_counter() - begin
    agrees = show(counted, expected, flights)
    rate = int(flights / seconds)
    print(f"python: {sent} sent, {known} known, {seconds:.2f} s, {rate} flights/s")
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
