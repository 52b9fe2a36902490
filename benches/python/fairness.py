"""Fairness: how long a ping waits where a hundred actors never run dry, beside an engine that is otherwise idle.

`ask` is an ask from outside, whose turn the caller runs where the actor is idle. `told` is a tell whose handler answers
through a future of the caller's: its turn waits with all others in the queue of turns that are ready.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Final

from everact import Actor, Context, Engine, handler

BUSY: Final = 100
"""Actors that always have a message: each tells itself the next one."""
PACE_S: Final = 0.001
"""Between two pings."""
WARM_UP_S: Final = 0.2

answers: dict[int, asyncio.Future[None]] = {}
turns = 0
over = False


class Busy(Actor, transient=True):
    """Never runs dry."""

    @handler
    def spin(self, ctx: Context) -> None:
        """One turn, and the next one."""
        global turns
        turns += 1
        if not over:
            ctx.actor(Busy, ctx.key).spin.tell()


class Pong(Actor, transient=True):
    """Answers pings."""

    @handler
    def ping(self) -> int:
        """To who asks."""
        return 1

    @handler
    def told(self, number: int) -> None:
        """To who told."""
        answers.pop(number).set_result(None)


async def _waits(ping: Callable[[], Awaitable[object]], seconds: float) -> list[float]:
    """Microseconds that pings took, sorted."""
    waits: list[float] = []
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        await asyncio.sleep(PACE_S)
        began = time.perf_counter()
        await ping()
        waits.append((time.perf_counter() - began) * 1e6)
    return sorted(waits)


def _at(waits: list[float], part: float) -> float:
    return waits[min(len(waits) - 1, int(len(waits) * part))]


async def fairness(seconds: float) -> dict[str, tuple[float, str]]:
    """The figures of one run."""
    global turns, over
    over = False
    found: dict[str, tuple[float, str]] = {}
    async with Engine(None, actors=[Busy, Pong]) as engine:
        pong = engine.actor(Pong, "pong")

        async def told() -> None:
            number = id(object())
            answers[number] = answer = asyncio.get_running_loop().create_future()
            await pong.told.tell(number)
            await answer

        pings: dict[str, Callable[[], Awaitable[object]]] = {"ask": pong.ping, "told": told}
        for state in ("idle", "busy"):
            if state == "busy":
                for number in range(BUSY):
                    await engine.actor(Busy, str(number)).spin.tell()
            for name, ping in pings.items():
                await _waits(ping, WARM_UP_S)
                before, began = turns, time.perf_counter()
                waits = await _waits(ping, seconds)
                for part, value in (("p50", 0.5), ("p99", 0.99)):
                    found[f"fair.{name}.{state}_{part}_us"] = _at(waits, value), "us"
                if state == "busy":
                    rate = (turns - before) / (time.perf_counter() - began)
                    found["fair.turns_per_s"] = rate, "per s"
        over = True
    for name in pings:
        found[f"fair.{name}.busy_by_idle_p99"] = (
            found[f"fair.{name}.busy_p99_us"][0] / found[f"fair.{name}.idle_p99_us"][0],
            "times",
        )
    return found
