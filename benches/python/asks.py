"""The asks: one in flight, many callers, one hot key, many keys."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

from everact import Actor, Engine, handler

IN_FLIGHT = 1_000
MANY_KEYS = 1_000
MILLION_KEYS = 1_000_000
STRIDE = 7_368_787
"""Coprime to a million: walks over all keys without an order that a page would like."""
WARM_UP = 0.2
"""The part of the time that goes before the measurement."""

Measure = Callable[[Engine, float], Awaitable[float]]


class Scratch(Actor, transient=True):
    """The actor of the transient figures."""

    value: int = 0

    @handler
    async def add(self, amount: int) -> int:
        """Adds."""
        self.value += amount
        return self.value


class Counter(Actor):
    """The actor of the durable figures."""

    value: int = 0

    @handler
    async def add(self, amount: int) -> int:
        """Adds."""
        self.value += amount
        return self.value


ACTORS: list[type[Actor]] = [Scratch, Counter]


async def rate(folder: str | None, seconds: float, measure: Measure) -> float:
    """Opens, warms up, measures."""
    async with Engine(folder, actors=ACTORS) as engine:
        await measure(engine, seconds * WARM_UP)
        return await measure(engine, seconds)


async def sequence(ask: Callable[[int], Awaitable[int]], seconds: float) -> float:
    """Asks a second with one in flight."""
    done, began = 0, time.perf_counter()
    end = began + seconds
    while time.perf_counter() < end:
        for _ in range(100):
            await ask(1)
        done += 100
    return done / (time.perf_counter() - began)


async def loops(asks: list[Callable[[int], Awaitable[int]]], seconds: float) -> float:
    """Asks a second of many tasks, each asking in a loop of its own."""
    over = asyncio.Event()
    asyncio.get_running_loop().call_later(seconds, over.set)

    async def caller(ask: Callable[[int], Awaitable[int]]) -> int:
        mine = 0
        while not over.is_set():
            await ask(1)
            mine += 1
        return mine

    began = time.perf_counter()
    done = sum(await asyncio.gather(*map(caller, asks)))
    return done / (time.perf_counter() - began)


async def stream(engine: Engine, seconds: float, keys: Iterator[str]) -> float:
    """Asks a second with a thousand in flight, each for the next key that is free."""
    over = asyncio.Event()
    asyncio.get_running_loop().call_later(seconds, over.set)

    async def caller() -> int:
        mine = 0
        while not over.is_set():
            await engine.actor(Counter, next(keys)).add(1)
            mine += 1
        return mine

    began = time.perf_counter()
    done = sum(await asyncio.gather(*(caller() for _ in range(IN_FLIGHT))))
    return done / (time.perf_counter() - began)


async def _transient_seq(engine: Engine, seconds: float) -> float:
    return await sequence(engine.actor(Scratch, "a").add, seconds)


async def _transient_conc(engine: Engine, seconds: float) -> float:
    return await loops([engine.actor(Scratch, str(number)).add for number in range(IN_FLIGHT)], seconds)


async def _durable_seq(engine: Engine, seconds: float) -> float:
    return await sequence(engine.actor(Counter, "a").add, seconds)


async def _durable_keys(engine: Engine, seconds: float) -> float:
    return await stream(engine, seconds, map(str, itertools.cycle(range(MANY_KEYS))))


async def _durable_hot(engine: Engine, seconds: float) -> float:
    return await stream(engine, seconds, itertools.repeat("hot"))


async def _durable_million(engine: Engine, seconds: float) -> float:
    return await stream(engine, seconds, (str(number * STRIDE % MILLION_KEYS) for number in itertools.count()))


ASKS: dict[str, tuple[Measure, bool]] = {
    "ask.transient.seq": (_transient_seq, False),
    "ask.transient.conc": (_transient_conc, False),
    "ask.durable.seq": (_durable_seq, True),
    "ask.durable.keys": (_durable_keys, True),
    "ask.durable.hot": (_durable_hot, True),
    "ask.durable.million": (_durable_million, True),
}
"""The figures: how each is measured, and whether it needs a data folder."""


def open_empty_ms(folder: str) -> float:
    """Milliseconds from nothing to the first durable answer."""

    async def first() -> Any:
        began = time.perf_counter()
        async with Engine(folder, actors=ACTORS) as engine:
            await engine.actor(Counter, "a").add(1)
            return (time.perf_counter() - began) * 1000

    return float(asyncio.run(first()))
