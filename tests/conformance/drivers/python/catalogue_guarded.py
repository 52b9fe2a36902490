"""Actors for what becomes of failed messages, for application errors and for callers."""

from __future__ import annotations

import os
from typing import Any

import msgspec
from shared import NOTES, Exposed, gate

from everact import ApplicationError, Context, Retry, handler


class Broken(Exception):
    """What a message that begins with `bad` meets."""


class Hopeless(Exception):
    """An error that is not worth another attempt."""


class SeatTaken(ApplicationError, status=409):
    """A refusal with fields."""

    seat: str
    row: int


def _policy(attempts: int, first: int, most: int, factor: float, **rest: Any) -> Retry:
    return Retry(attempts, first, most, factor, jitter=0, **rest)


class Collector(Exposed):
    """Durable, takes messages that may fail."""

    entries: list[str] = []  # noqa: RUF012 (an actor copies its mutable defaults)

    def _take(self, text: str, error: type[Exception] = Broken) -> None:
        NOTES[f"take {text}"] += 1
        if text.startswith("bad") and not gate("repaired").is_open:
            raise error(f"broken: {text}")
        self.entries.append(text)

    @handler(retry=_policy(3, 20, 40, 2, on_failure="park"))
    def take(self, text: str) -> None:
        """Takes, or parks."""
        self._take(text)

    @handler(retry=_policy(3, 20, 40, 2, on_failure="hold"))
    def take_held(self, text: str) -> None:
        """Takes, or holds what comes behind."""
        self._take(text)

    @handler(retry=_policy(100, 50, 50, 1, on_failure="park"))
    def take_patiently(self, text: str) -> None:
        """Takes, with many attempts."""
        self._take(text)

    @handler(retry=_policy(3, 20, 40, 2, on_failure="park", not_retried=[Hopeless]))
    def take_hopeless(self, text: str) -> None:
        """Takes, or fails for good."""
        self._take(text, Hopeless)

    @handler(retry=_policy(3, 20, 40, 2, on_failure="park"))
    def refuse(self, text: str) -> None:
        """Refuses."""
        NOTES[f"take {text}"] += 1
        raise SeatTaken(f"seat {text} is taken", seat=text, row=1)

    @handler
    def take_by_default(self, text: str) -> None:
        """Takes, by the engine's own policy."""
        self._take(text)

    @handler
    def take_metadata(self, ctx: Context) -> None:
        """Writes down what travelled beside the message."""
        self.entries.append(str(ctx.metadata.get("x-trip", "")))

    @handler
    def fall(self, text: str) -> None:
        """Ends the process, or takes."""
        NOTES[f"take {text}"] += 1
        if gate("falls").is_open:
            os._exit(3)
        self.entries.append(text)

    @handler(read_only=True, name="entries")
    def all_entries(self) -> list[str]:
        """All entries."""
        return self.entries


class Seat(msgspec.Struct):
    """Where to sit."""

    seat: str
    row: int


class Guarded(Exposed, transient=True):
    """Transient, knows who calls and refuses."""

    @handler(internal=True)
    def secret(self) -> str:
        """Not for the network."""
        return "secret"

    @handler
    async def through(self, ctx: Context) -> str:
        """Asks for the secret."""
        return await ctx.actor(Guarded, "inner").secret()

    @handler
    def caller(self, ctx: Context) -> Any:
        """Who calls."""
        found = ctx.caller
        return None if found is None else {"by": found.by, "name": found.name, "claims": found.claims}

    @handler
    async def caller_through(self, ctx: Context) -> Any:
        """Who calls, seen by another actor."""
        return await ctx.actor(Guarded, "inner").caller()

    @handler
    def metadata(self, ctx: Context) -> Any:
        """What travelled beside the message."""
        return {name: str(value) for name, value in ctx.metadata.items()}

    @handler
    def book(self, seat: Seat) -> None:
        """Refuses."""
        raise SeatTaken(f"seat {seat.seat} is taken", seat=seat.seat, row=seat.row)

    @handler
    async def book_through(self, ctx: Context, seat: Seat) -> None:
        """Asks for what is refused."""
        await ctx.actor(Guarded, "inner").book(seat)

    @handler
    async def book_catching(self, ctx: Context, seat: Seat) -> str:
        """Asks for what is refused, and catches it."""
        try:
            await ctx.actor(Guarded, "inner").book(seat)
        except SeatTaken as error:
            return f"{error.seat} in row {error.row}"
        raise RuntimeError("the ask did not fail")

    @handler
    def book_undeclared(self) -> None:
        """Refuses without a class."""
        details = {"show": "hamlet", "seats": [1, 2]}
        raise ApplicationError.of("no_such_show", "no such show", status=404, details=details)

    @handler
    def book_huge(self) -> None:
        """Refuses with too much."""
        raise SeatTaken("huge", seat="x" * 100_000, row=1)

    @handler
    def book_badly(self) -> None:
        """Refuses with what has no encoding."""
        raise SeatTaken("badly", seat="\ud800", row=1)
