"""Actors that several tests use."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import msgspec

from everact import Actor, Context, handler


class Counter(Actor, exposed=True):
    """The smallest durable actor."""

    value: int = 0

    @handler
    async def add(self, amount: int) -> int:
        """Adds."""
        self.value += amount
        return self.value

    @handler
    def add_plainly(self, amount: int) -> int:
        self.value += amount
        return self.value

    @handler
    async def add_slowly(self, amount: int) -> int:
        self.value += amount
        await asyncio.sleep(0.005)
        return self.value

    @handler
    async def add_then_fail(self, amount: int) -> int:
        self.value += amount
        raise ValueError("boom")

    @handler
    async def add_wait_and_fail(self, amount: int) -> int:
        self.value += amount
        await asyncio.sleep(0)
        raise ValueError("boom")

    @handler(read_only=True)
    async def get(self) -> int:
        return self.value

    @handler(read_only=True)
    async def add_read_only(self, amount: int) -> int:
        self.value += amount
        return self.value

    @handler(read_only=True)
    async def revision(self, ctx: Context) -> int:
        return ctx.revision


class Scratch(Actor, transient=True, exposed=True):
    """Its state lives in memory only."""

    value: int = 0

    @handler
    async def add(self, amount: int) -> int:
        self.value += amount
        return self.value

    @handler(read_only=True)
    def add_read_only(self, amount: int) -> int:
        self.value += amount
        return self.value

    @handler(read_only=True)
    def get(self) -> int:
        return self.value


class Parcel(msgspec.Struct):
    """A message of two values."""

    to: str
    amount: int


class Courier(Actor):
    """Sends to counters."""

    sent: int = 0

    @handler
    async def send(self, ctx: Context, parcel: Parcel) -> int:
        ctx.tell(ctx.actor(Counter, parcel.to).add, parcel.amount)
        self.sent += 1
        return self.sent

    @handler
    async def send_then_fail(self, ctx: Context, parcel: Parcel) -> int:
        ctx.tell(ctx.actor(Counter, parcel.to).add, parcel.amount)
        raise ValueError("boom")

    @handler
    async def ask(self, ctx: Context, parcel: Parcel) -> int:
        answer = await ctx.actor(Counter, parcel.to).add(parcel.amount)
        self.sent += 1
        return answer


class Link(Actor):
    """Asks along a path of its own kind."""

    visits: int = 0

    @handler
    async def visit(self, ctx: Context, path: list[str]) -> list[str]:
        self.visits += 1
        if not path:
            return [ctx.key]
        return [ctx.key, *await ctx.actor(Link, path[0]).visit(path[1:])]

    @handler(reentrant=True)
    async def visit_again(self, ctx: Context, path: list[str]) -> list[str]:
        self.visits += 1
        if not path:
            return [ctx.key]
        return [ctx.key, *await ctx.actor(Link, path[0]).visit_again(path[1:])]

    @handler(read_only=True)
    async def count(self) -> int:
        return self.visits


ALL: list[type[Actor]] = [Counter, Scratch, Courier, Link]


async def until(condition: Callable[[], Any]) -> None:
    """Waits, not longer than a test may take, until a condition that may be awaited holds."""
    while True:
        held = condition()
        if asyncio.iscoroutine(held):
            held = await held
        if held:
            return
        await asyncio.sleep(0.002)
