"""The rest of the catalogue: actors with narrow mailboxes, the echo, the dice."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import msgspec
from catalogue import Counter, Courier, Entry, Journal, Link, Nap, Scratch, Sleeper
from shared import NOTES, Exposed, gate

from everact import Actor, Context, handler


class Narrow(Exposed, transient=True, mailbox_capacity_messages=2, overflow="reject"):
    """Two messages may wait."""

    entries: list[str] = []  # noqa: RUF012 (an actor copies its mutable defaults)

    @handler
    async def append(self, entry: str) -> int:
        """Appends."""
        self.entries.append(entry)
        return len(self.entries)

    @handler
    async def append_slowly(self, slow: Entry) -> int:
        """Appends, then passes a gate."""
        self.entries.append(slow.entry)
        await gate(slow.gate).passed()
        return len(self.entries)

    @handler(read_only=True, name="entries")
    async def all_entries(self) -> list[str]:
        """All entries."""
        return self.entries


class NarrowOldest(Narrow, overflow="drop_oldest"):
    """The oldest makes room."""


class NarrowWait(Narrow, overflow="wait"):
    """Senders wait."""


class Home(msgspec.Struct):
    """Where somebody lives."""

    zip: int


class Guest(msgspec.Struct):
    """Somebody to greet."""

    name: str
    age: int
    tags: list[str]
    home: Home


class Echo(Exposed, transient=True):
    """Gives back."""

    @handler
    async def echo(self, value: Any) -> Any:
        """Any JSON value."""
        return value

    @handler(name="bytes")
    def raw(self, data: bytes) -> bytes:
        """Raw bytes."""
        return data

    @handler
    def make(self, count: int) -> bytes:
        """So many bytes."""
        return pattern(count)

    @handler
    async def greet(self, guest: Guest) -> str:
        """Greets."""
        NOTES["greet"] += 1
        return f"{guest.name} is {guest.age}"

    @handler
    def nothing(self) -> None:
        """Neither message nor reply."""

    @handler
    async def address(self, ctx: Context) -> str:
        """Its own address."""
        return f"{ctx.kind}/{ctx.key}"

    @handler
    async def fail(self, text: str) -> None:
        """Throws."""
        raise RuntimeError(text)

    @handler
    def spin(self, milliseconds: int) -> None:
        """Keeps the thread busy."""
        end = time.monotonic() + milliseconds / 1000
        while time.monotonic() < end:
            pass


class Rolled(msgspec.Struct):
    """What the dice showed."""

    now_before: int
    ids: list[str]
    randoms: list[float]
    now_after: int
    rolls: int


class Dice(Exposed):
    """Durable, draws from the context."""

    rolls: int = 0

    @handler
    async def roll(self, ctx: Context) -> Rolled:
        """Draws."""
        self.rolls += 1
        before = ctx.now_ms
        ids = [str(ctx.new_id()), str(ctx.new_id())]
        randoms = [ctx.random(), ctx.random()]
        await asyncio.sleep(0.02)
        return Rolled(before, ids, randoms, ctx.now_ms, self.rolls)


def pattern(count: int) -> bytes:
    """So many bytes, byte i is i % 251."""
    return (bytes(range(251)) * (count // 251 + 1))[:count]


CATALOGUE: list[type[Actor]] = [
    *(Counter, Scratch, Journal, Courier, Link, Sleeper, Nap),
    *(Narrow, NarrowOldest, NarrowWait, Echo, Dice),
]
"""Every kind, as each engine gets it."""
