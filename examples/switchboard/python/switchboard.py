"""A telephone exchange that is shot at while it works, and loses nothing but the calls that were hit."""

import argparse
import asyncio
import sys
from typing import Any

from chaos import Kills, Stop
from exchange import Exchange, Tally
from line import Line
from summary import Summary
from supervision import KINDS, tree
from traffic import Day

from everact import Engine, EventManagerRef, Options, ProcessRef, SupervisorRef

LINES = 40


async def main(seed: int, calls: int, listen: str | None) -> bool:
    """Runs the tree until all calls are over; whether it adds up."""
    day = Day(seed, calls, LINES)
    looking = Options(gateway={"control": True}) if listen else None  # so that `everact` may look inside
    async with Engine.in_memory(processes=KINDS, listen=listen, options=looking) as engine:
        await engine.run(tree(day))
        await named(engine, "traffic").ended()
        kills = await named(engine, "chaos").ask(Stop(), returns=Kills)
        tally: Tally = await named(engine, "exchange").ask(Exchange.drained)
        summary = await look_around(engine, day, tally, kills)
        for _ in range(100):
            if summary.adds_up():
                break
            await asyncio.sleep(0.05)  # a line that was killed last may still be on its way back
            summary = await look_around(engine, day, tally, kills)
    print(summary.text())
    return summary.adds_up()


async def look_around(engine: Engine, day: Day, tally: Tally, kills: Kills) -> Summary:
    """Asks all the others what they know."""
    events, calls = named(engine, "events"), named(engine, "calls")
    assert isinstance(events, EventManagerRef)
    assert isinstance(calls, SupervisorRef)
    bills, starts = await events.call("billing", "bills"), await events.call("monitor", "starts")
    lines = [engine.whereis(f"line {n:02}") for n in range(day.lines)]
    idle = sum([await line.ask(Line.is_idle) for line in lines if line is not None])
    left = (await calls.count()).active
    return Summary(day.seed, day.lines, day.calls, tally, kills, bills, starts, idle, left)


def named(engine: Engine, name: str) -> ProcessRef[Any]:
    """The process of a name, which the tree keeps alive."""
    found = engine.whereis(name)
    assert found is not None
    return found


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--calls", type=int, default=300)
    parser.add_argument("--listen", help="an address for the everact command, 127.0.0.1:8080 for example")
    given = parser.parse_args()
    sys.exit(not asyncio.run(main(given.seed, given.calls, given.listen)))
