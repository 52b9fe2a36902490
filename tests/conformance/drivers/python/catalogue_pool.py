"""The kind whose handlers run in a pool (tests/conformance/README.md, `cruncher`), in Python."""

from __future__ import annotations

import time
from pathlib import Path

import msgspec
from catalogue import Counter

from everact import Actor, Context, handler

SECONDS_MAX = 20
"""So long a handler computes at most."""


class Crunch(msgspec.Struct):
    """An amount to add once a file is there."""

    amount: int
    file: str


class Parcel(msgspec.Struct):
    """What a counter is told."""

    to: str
    amount: int


class Cruncher(Actor, pool="cpu", exposed=True):
    """Durable, counts, and keeps a processor busy."""

    value: int = 0

    @handler
    def add(self, amount: int) -> int:
        """Adds."""
        self.value += amount
        return self.value

    @handler
    def add_then_fail(self, amount: int) -> int:
        """Adds and throws."""
        self.value += amount
        raise RuntimeError("boom")

    @handler
    def crunch(self, crunch: Crunch) -> int:
        """Computes until the file is there, then adds."""
        end = time.monotonic() + SECONDS_MAX
        while not Path(crunch.file).exists() and time.monotonic() < end:
            pass
        self.value += crunch.amount
        return self.value

    @handler
    def send(self, parcel: Parcel, ctx: Context) -> int:
        """Tells a counter."""
        ctx.tell(ctx.actor(Counter, parcel.to).add, parcel.amount)
        self.value += parcel.amount
        return self.value

    @handler(read_only=True)
    def get(self) -> int:
        """The value."""
        return self.value
