"""Processes: what benches/rust and benches/erlang measure of them, through the public API.

They are classes with handlers, as Python's users write actors. What functions that receive their messages cost, a task
and a coroutine each, stands beside a million objects.
"""

from __future__ import annotations

import asyncio
import logging
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Coroutine
from pathlib import Path
from typing import Any, Final

from everact import Child, Context, Engine, Options, Process, ProcessContext, ProcessRef, Supervisor, handler, process

PAGE: Final = 1_000
"""Messages that a source sends before it waits for the word that all have come."""
RING: Final = 1_000
PAIRS: Final = 64
MILLION: Final = 1_000_000
HOUR_S: Final = 3_600.0
SPAWNS: Final = 200_000
TIMERS: Final = 200_000
RESTARTS: Final = 5_000


class Holder(Process):
    """Lives, and has received a message."""

    value: int = 0

    @handler
    def add(self, amount: int) -> None:
        """Adds."""
        Round.now.count += amount
        self.value += amount


@process
async def waiting(ctx: ProcessContext[int]) -> None:
    """Lives, has received a message, and waits for another one."""
    while True:
        amount = await ctx.receive()
        Round.now.count += amount


class Sink(Process):
    """Counts the messages that it receives."""

    value: int = 0

    @handler
    def take(self, amount: int) -> None:
        """One of a page."""
        self.value += amount

    @handler
    def flush(self, source: ProcessRef[Source]) -> None:
        """The end of a page."""
        if Round.now.is_over():
            Round.now.end(self.value)
        else:
            source.tell(Source.send)


class Source(Process):
    """Sends a page at a time to a sink, which says when it has come."""

    sink: ProcessRef[Sink] | None = None

    @handler
    def send(self, ctx: Context) -> None:
        """Sends a page."""
        sink = self.sink = self.sink or ctx.spawn(Sink)
        for _ in range(PAGE):
            sink.tell(Sink.take, 1)
        sink.tell(Sink.flush, ctx.self)


class Member(Process):
    """One of a ring."""

    following: ProcessRef[Member] | None = None

    @handler
    def join(self, following: ProcessRef[Member]) -> None:
        """Says who the next one is."""
        self.following = following

    @handler
    def hop(self, hops: int) -> None:
        """Hands the message on."""
        if hops % PAGE == 0 and Round.now.is_over():
            Round.now.end(hops)
        elif self.following is not None:
            self.following.tell(Member.hop, hops + 1)


class Asked(Process):
    """Answers."""

    @handler
    def answer(self, value: int) -> int:
        """What it was asked with."""
        return value


class Asker(Process):
    """Asks one of its own, again and again."""

    @handler
    async def run(self, ctx: Context) -> int:
        """How often it has asked."""
        asked, done = ctx.spawn(Asked), 0
        while not Round.now.is_over():
            for _ in range(10):
                await asked.ask(Asked.answer, 1)
            done += 10
        return done


class Mortal(Process):
    """Killed as soon as it is up, until it has been so often."""

    def activated(self, ctx: Context) -> None:
        """It is up."""
        Round.now.count += 1
        if Round.now.count > RESTARTS:
            Round.now.end(RESTARTS)
        else:
            asyncio.get_running_loop().call_soon(ctx.self.kill)


PROCESSES: Final[list[Any]] = [Holder, waiting, Sink, Source, Member, Asked, Asker, Mortal]


class Round:
    """One measurement: how long it is to be, and what it is waited for with."""

    now: Round

    def __init__(self, seconds: float) -> None:
        """Begins."""
        Round.now = self
        self.count = 0
        self._began = time.perf_counter()
        self._ends = self._began + seconds
        self._end: asyncio.Future[float] = asyncio.get_running_loop().create_future()

    def is_over(self) -> bool:
        """Whether the time is up."""
        return time.perf_counter() >= self._ends

    def rate(self, done: int) -> float:
        """So many were done since it began."""
        return done / (time.perf_counter() - self._began)

    def end(self, done: int) -> None:
        """So many were done when it was over."""
        self._end.set_result(self.rate(done))

    def end_from_thread(self, done: int) -> None:
        """The same, from a thread that is not the loop's."""
        self._end.get_loop().call_soon_threadsafe(self._end.set_result, self.rate(done))

    async def ended(self) -> float:
        """The rate with which it ended."""
        return await self._end


async def _spawns(engine: Engine, seconds: float) -> float:
    now = Round(seconds)
    for _ in range(SPAWNS):
        engine.spawn(Holder)
    return now.rate(SPAWNS)


async def _tells(engine: Engine, seconds: float) -> float:
    now = Round(seconds)
    engine.spawn(Source).tell(Source.send)
    return await now.ended()


async def _ring(engine: Engine, seconds: float) -> float:
    members = [engine.spawn(Member) for _ in range(RING)]
    for member, following in zip(members, [*members[1:], members[0]], strict=True):
        await member.ask(Member.join, following)
    now = Round(seconds)
    members[0].tell(Member.hop, 1)
    return await now.ended()


async def _pairs(engine: Engine, seconds: float) -> float:
    askers = [engine.spawn(Asker) for _ in range(PAIRS)]
    now = Round(seconds)
    return now.rate(sum(await asyncio.gather(*(asker.ask(Asker.run) for asker in askers))))


async def _restarts(engine: Engine, seconds: float) -> float:
    now = Round(seconds)
    supervisor = await engine.start_supervisor(Supervisor(intensity=2 * RESTARTS, children=[Child(Mortal)]))
    found = await now.ended()
    supervisor.exit()
    return found


async def _arm_ns(engine: Engine, _: float) -> float:
    holder = engine.spawn(Holder)
    began = time.perf_counter()
    for _ in range(TIMERS):
        engine.send_after(HOUR_S, holder, Holder.add, 1)
    return (time.perf_counter() - began) * 1e9 / TIMERS


def _measured(measure: Callable[[Engine, float], Awaitable[float]], seconds: float) -> float:
    async def run() -> float:
        options = Options(mailbox_capacity_messages=MILLION)
        async with Engine.in_memory(processes=PROCESSES, options=options) as engine:
            return await measure(engine, seconds)

    logging.getLogger("everact").setLevel(logging.CRITICAL)  # a supervisor reports each child that it starts again
    return asyncio.run(run())


def process_figures(seconds: float) -> dict[str, tuple[Callable[[], float], str]]:
    """How to measure one round of each, and its unit."""
    measures: dict[str, tuple[Callable[[Engine, float], Coroutine[Any, Any, float]], str]] = {
        "process.spawns_per_s": (_spawns, "per s"),
        "process.tells_per_s": (_tells, "per s"),
        "process.ring_hops_per_s": (_ring, "per s"),
        "process.asks_per_s.64": (_pairs, "per s"),
        "process.restarts_per_s": (_restarts, "per s"),
        "process.arm_ns": (_arm_ns, "ns"),
    }
    return {
        name: ((lambda measure=measure: _measured(measure, seconds)), unit)  # type: ignore[misc]
        for name, (measure, unit) in measures.items()
    }


def live_bytes(what: str, count: int = MILLION) -> float:
    """What each of many living processes costs, in an interpreter of its own: `holder` or `waiting`."""
    command = [sys.executable, __file__, what, str(count)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return float(done.stdout)


def resident_bytes() -> int:
    """The memory of this process that is not swapped out."""
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) * 1024


async def _live(what: str, count: int) -> None:
    """Says what each costs; all have received a message, so that whatever they need to live is there."""
    async with Engine.in_memory(processes=PROCESSES) as engine:
        now = Round(0)
        engine.spawn(Holder).tell(Holder.add, 0)
        before = resident_bytes()
        for at in range(0, count, PAGE):
            for _ in range(PAGE):
                if what == "holder":
                    engine.spawn(Holder).tell(Holder.add, 1)
                else:
                    engine.spawn(waiting).tell(1)
            while now.count < at + PAGE:  # noqa: ASYNC110 (the loop has to go round)
                await asyncio.sleep(0)
        print((resident_bytes() - before) / count)


if __name__ == "__main__":
    asyncio.run(_live(sys.argv[1], int(sys.argv[2])))
