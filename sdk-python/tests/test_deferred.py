"""Asks that are left open and answered by a later turn, of processes and of actors."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from everact import (
    Actor,
    ActorStopped,
    ApplicationError,
    Context,
    DeadlineExceeded,
    Engine,
    HandlerFailed,
    InvalidArgument,
    NoProcess,
    Process,
    ReplyTo,
    handler,
)


class DeskClosed(ApplicationError):
    pass


class Desk(Process):
    def activated(self) -> None:
        self.open: list[ReplyTo] = []

    @handler
    def wait(self, ctx: Context) -> int:
        self.open.append(ctx.defer())
        return "no int, and nobody gets it"  # type: ignore[return-value]

    @handler
    async def slowly(self, ctx: Context) -> str:
        answer = ctx.defer()
        await asyncio.sleep(0)
        answer.reply("slow")
        answer.reply("an answer that is one too many")
        return ""

    @handler
    def answer(self, value: int) -> int:
        self.open.pop(0).reply(value)
        return len(self.open)

    @handler
    def refuse(self) -> None:
        self.open.pop(0).fail(DeskClosed("no"))

    @handler
    def break_(self) -> None:
        self.open.pop(0).fail(ValueError("broken"))

    @handler
    def at_once(self, ctx: Context) -> str:
        ctx.reply("first")
        return "second"

    @handler
    def last_words(self, ctx: Context) -> str:
        ctx.reply("bye")
        ctx.exit()

    @handler
    def told(self, ctx: Context) -> None:
        assert ctx.is_tell
        ctx.defer().reply("nobody hears it")

    @handler
    def is_told(self, ctx: Context) -> bool:
        return ctx.is_tell


class Till(Actor):
    sum: int = 0

    def activated(self) -> None:
        self.open: list[ReplyTo] = []

    @handler
    async def when_full(self, ctx: Context) -> int:
        self.open.append(ctx.defer())
        return 0

    @handler
    async def pay(self, ctx: Context, amount: int) -> None:
        self.sum += amount
        for one in self.open:
            one.reply(self.sum)
        if amount < 0:
            raise ValueError("a turn that fails answers nobody")
        self.open = []

    @handler
    async def pay_blindly(self) -> None:
        self.open[0].reply(1)

    @handler
    def leave(self, ctx: Context) -> None:
        ctx.passivate()


async def test_a_later_turn_answers_in_whatever_order() -> None:
    async with Engine.in_memory(processes=[Desk]) as engine:
        desk = engine.spawn(Desk)
        waiting = [asyncio.ensure_future(desk.ask(Desk.wait)) for _ in range(4)]
        await asyncio.sleep(0)
        assert await desk.ask(Desk.answer, 7) == 3
        await desk.ask(Desk.refuse)
        await desk.ask(Desk.break_)
        assert await waiting[0] == 7
        with pytest.raises(DeskClosed):
            await waiting[1]
        with pytest.raises(HandlerFailed, match="broken"):
            await waiting[2]
        desk.kill()
        with pytest.raises(NoProcess):
            await waiting[3]


async def test_the_turn_itself_answers_before_it_returns_or_ends() -> None:
    async with Engine.in_memory(processes=[Desk]) as engine:
        desk = engine.spawn(Desk)
        assert await desk.ask(Desk.slowly) == "slow"
        assert await desk.ask(Desk.at_once) == "first"
        assert not await desk.ask(Desk.is_told)
        desk.tell(Desk.told)
        assert await desk.ask(Desk.last_words) == "bye"
        assert not desk.is_alive()


async def test_a_deadline_holds_for_what_is_left_open() -> None:
    async with Engine.in_memory(processes=[Desk]) as engine:
        desk = engine.spawn(Desk)
        with pytest.raises(DeadlineExceeded):
            await desk.with_options(deadline_ms=20).ask(Desk.wait)
        assert await desk.ask(Desk.answer, 1) == 0


async def test_an_actors_answer_counts_with_the_turn_that_gives_it(tmp_path: Path) -> None:
    async with Engine(tmp_path, actors=[Till]) as engine:
        till = engine.actor(Till, "1")
        waiting = asyncio.ensure_future(till.when_full())
        await asyncio.sleep(0.01)
        with pytest.raises(HandlerFailed, match="answers nobody"):
            await till.pay(-1)
        assert not waiting.done()
        with pytest.raises(HandlerFailed, match="takes a Context"):
            await till.pay_blindly()
        await till.pay(5)
        assert await waiting == 5
        await till.pay(1)
        waiting = asyncio.ensure_future(till.when_full())
        await asyncio.sleep(0.01)
        await till.leave()
        with pytest.raises(ActorStopped):
            await waiting


async def test_what_is_recognized_when_it_comes_again_cannot_be_left_open() -> None:
    async with Engine.in_memory(actors=[Till]) as engine:
        with pytest.raises(InvalidArgument, match="answered later"):
            await engine.actor(Till, "1").with_options(idempotency_key="k").when_full()


async def test_an_answer_from_outside_of_any_turn_is_an_error() -> None:
    kept: list[ReplyTo] = []

    class Leaky(Process):
        @handler
        def wait(self, ctx: Context) -> int:
            kept.append(ctx.defer())
            return 0

        @handler
        def other(self) -> str:
            kept[0].reply(1)
            return "answered"

    async with Engine.in_memory(processes=[Leaky]) as engine:
        leaky, other = engine.spawn(Leaky), engine.spawn(Leaky)
        waiting = asyncio.ensure_future(leaky.ask(Leaky.wait))
        await asyncio.sleep(0)
        with pytest.raises(InvalidArgument, match="within a turn"):
            kept[0].reply(1)
        with pytest.raises(HandlerFailed, match="within a turn"):
            await other.ask(Leaky.other)
        assert await leaky.ask(Leaky.other) == "answered"
        assert await waiting == 1
