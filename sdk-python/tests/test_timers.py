"""Timers and messages to groups: when they come, to whom, and what is left of them."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import msgspec
import pytest

from everact import Actor, Context, Engine, InvalidArgument, Process, ProcessContext, handler, process


class Tick(msgspec.Struct):
    n: int = 0


class Give(msgspec.Struct):
    pass


@process
async def counter(ctx: ProcessContext[Tick | Give], period: float | None) -> None:
    """Counts ticks, its own and those of others."""
    ticks: list[int] = []
    timer = None if period is None else ctx.send_every(period, ctx.self, Tick())
    ctx.join("counters")
    while True:
        match await ctx.receive():
            case Tick(n):
                ticks.append(n)
                if timer is not None and len(ticks) == 3:
                    assert timer.cancel() is not None
            case Give():
                ctx.reply(ticks)


class Listener(Process):
    heard: list[int] = []

    def activated(self, ctx: Context) -> None:
        ctx.join("counters")

    @handler
    def tick(self, given: Tick) -> None:
        self.heard.append(given.n)

    @handler
    def add(self, n: int) -> None:
        self.heard.append(n)

    @handler
    def later(self, ctx: Context, n: int) -> None:
        ctx.send_after(0.01, ctx.self, Listener.add, n)

    @handler
    def all_heard(self) -> list[int]:
        return self.heard


class Clock(Actor, transient=True):
    rang: int = 0

    @handler
    def ring(self, times: int) -> None:
        self.rang += times

    @handler
    def count(self) -> int:
        return self.rang


def engine() -> Engine:
    return Engine.in_memory(actors=[Clock], processes=[counter, Listener])


async def until(found: Any, wanted: object) -> None:
    for _ in range(400):
        if await found() == wanted:
            return
        await asyncio.sleep(0.005)
    assert await found() == wanted


async def test_a_message_comes_when_its_time_has_come_and_not_before() -> None:
    async with engine() as here:
        one, listener, clock = here.spawn(counter, None), here.spawn(Listener), here.actor(Clock, "tower")
        began = time.monotonic()
        here.send_after(0.1, one, Tick(1))
        here.send_after(0.1, listener, Listener.add, 2)
        here.send_after(0.1, clock.ring, 3)
        assert (await one.ask(Give()), await listener.ask(Listener.all_heard), await clock.count()) == ([], [], 0)
        await until(lambda: one.ask(Give()), [1])
        await until(lambda: listener.ask(Listener.all_heard), [2])
        await until(clock.count, 3)
        assert time.monotonic() - began > 0.099
        await listener.ask(Listener.later, 4)
        await until(lambda: listener.ask(Listener.all_heard), [2, 4])


async def test_a_timer_tells_what_is_left_and_is_cancelled_once() -> None:
    async with engine() as here:
        one = here.spawn(counter, None)
        timer = here.send_after(60, one, Tick(1))
        left = timer.read()
        assert left is not None
        assert 59 < left <= 60
        assert timer.cancel() is not None
        assert (timer.cancel(), timer.read()) == (None, None)
        gone = here.send_after(0, one, Tick(2))
        await until(lambda: one.ask(Give()), [2])
        assert (gone.read(), gone.cancel()) == (None, None)


async def test_a_period_goes_on_until_it_is_cancelled_or_its_process_ends() -> None:
    async with engine() as here:
        one = here.spawn(counter, 0.01)
        await until(lambda: one.ask(Give()), [0, 0, 0])
        await asyncio.sleep(0.05)
        assert await one.ask(Give()) == [0, 0, 0]
        timer = here.send_every(0.01, one, Tick(1))
        await until(lambda: _longer(one, 5), True)
        one.kill()
        assert timer.cancel() is None or timer.cancel() is None


async def _longer(one: Any, count: int) -> bool:
    return len(await one.ask(Give())) > count


async def test_what_is_published_reaches_those_who_take_such_messages() -> None:
    async with engine() as here:
        assert here.publish("counters", Tick(1)) == 0
        one, other, listener = here.spawn(counter, None), here.spawn(counter, None), here.spawn(Listener)
        await until(lambda: _members(here), 3)
        assert here.publish("counters", Tick(7)) == 3
        assert here.publish("counters", Listener.add, 8) == 1
        assert here.publish("counters", "add", 9) == 1
        assert [await process.ask(Give()) for process in (one, other)] == [[7], [7]]
        assert await listener.ask(Listener.all_heard) == [7, 8, 9]


async def _members(here: Engine) -> int:
    return len(here.members("counters"))


async def test_times_and_receivers_that_cannot_be_are_refused() -> None:
    async with engine() as here:
        one = here.spawn(counter, None)
        wrong: list[Any] = [-1, float("nan"), float("inf"), 5e9, "1"]
        for delay in wrong:
            with pytest.raises(InvalidArgument, match="delay"):
                here.send_after(delay, one, Tick())
        with pytest.raises(InvalidArgument):
            here.send_every(0, one, Tick())
        with pytest.raises(TypeError):
            here.send_after(1, "counter", Tick())  # type: ignore[call-overload]
        with pytest.raises(InvalidArgument, match="takes Tick, Give"):
            here.send_after(1, one, Other())  # type: ignore[misc]


class Other(msgspec.Struct):
    pass
