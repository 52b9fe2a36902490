"""The actors that conformance scenarios use (tests/conformance/README.md, part 1), in Python."""

from __future__ import annotations

import os

import msgspec
from shared import NOTES, Exposed, gate

from everact import Context, EveractError, handler


class Slow(msgspec.Struct):
    """An amount to add before passing a gate."""

    amount: int
    gate: str


class Behind(msgspec.Struct):
    """A gate to pass."""

    gate: str


class Counter(Exposed):
    """Durable, counts."""

    value: int = 0

    @handler
    async def add(self, amount: int) -> int:
        """Adds."""
        self.value += amount
        return self.value

    @handler(read_only=True)
    async def get(self) -> int:
        """The value."""
        return self.value

    @handler(read_only=True)
    async def revision(self, ctx: Context) -> int:
        """The state's revision."""
        return ctx.revision

    @handler
    async def touch(self) -> None:
        """Changes nothing."""

    @handler
    async def add_then_fail(self, amount: int) -> int:
        """Adds and throws."""
        self.value += amount
        raise RuntimeError("boom")

    @handler
    async def add_slowly(self, slow: Slow) -> int:
        """Adds, then passes a gate."""
        NOTES["add_slowly"] += 1
        self.value += slow.amount
        await gate(slow.gate).passed()
        return self.value

    @handler(read_only=True)
    async def peek_slowly(self, behind: Behind) -> int:
        """Passes a gate, then reads."""
        await gate(behind.gate).passed()
        return self.value

    @handler(read_only=True)
    async def add_read_only(self, amount: int) -> int:
        """Writes where it must not."""
        self.value += amount
        return self.value

    @handler(read_only=True)
    async def tell_read_only(self, ctx: Context, key: str) -> None:
        """Tells where it must not."""
        ctx.tell(ctx.actor(Counter, key).add, 1)

    @handler
    async def add_then_exit(self, amount: int) -> int:
        """Adds and ends the process."""
        self.value += amount
        os._exit(3)


class Scratch(Exposed, transient=True):
    """Transient, counts."""

    value: int = 0

    @handler
    def add(self, amount: int) -> int:
        """Adds."""
        self.value += amount
        return self.value

    @handler(read_only=True)
    def get(self) -> int:
        """The value."""
        return self.value

    @handler
    def add_then_fail(self, amount: int) -> int:
        """Adds and throws."""
        self.value += amount
        raise RuntimeError("boom")

    @handler
    async def add_slowly(self, slow: Slow) -> int:
        """Adds, then passes a gate."""
        NOTES["add_slowly"] += 1
        self.value += slow.amount
        await gate(slow.gate).passed()
        return self.value

    @handler(read_only=True)
    async def peek_slowly(self, behind: Behind) -> int:
        """Passes a gate, then reads."""
        await gate(behind.gate).passed()
        return self.value


class Entry(msgspec.Struct):
    """An entry to append before passing a gate."""

    entry: str
    gate: str


class Journal(Exposed):
    """Durable, a list of texts."""

    entries: list[str] = []  # noqa: RUF012 (an actor copies its mutable defaults)

    @handler
    async def append(self, entry: str) -> int:
        """Appends."""
        self.entries.append(entry)
        return len(self.entries)

    @handler
    async def append_sender(self, ctx: Context) -> None:
        """Appends who sent the message."""
        self.entries.append(str(ctx.sender or ""))

    @handler(read_only=True, name="entries")
    async def all_entries(self) -> list[str]:
        """All entries."""
        return self.entries

    @handler
    async def append_slowly(self, slow: Entry) -> int:
        """Appends, then passes a gate."""
        self.entries.append(slow.entry)
        await gate(slow.gate).passed()
        return len(self.entries)


class Parcel(msgspec.Struct):
    """What a courier is to bring to a counter."""

    to: str
    amount: int
    gate: str = ""
    count: int = 0


class Letters(msgspec.Struct):
    """What a courier is to write into a journal."""

    to: str
    prefix: str
    count: int


class Visit(msgspec.Struct):
    """To whom."""

    to: str
    gate: str = ""


class Delivery(msgspec.Struct):
    """What a courier is to bring to a collector."""

    to: str
    handler: str
    texts: list[str]


class Trip(msgspec.Struct):
    """What is to travel beside a message."""

    to: str
    trip: str


class Courier(Exposed):
    """Durable, tells and asks others."""

    sent: int = 0

    @handler
    async def deliver(self, ctx: Context, delivery: Delivery) -> int:
        """Tells a collector, text by text."""
        method = ctx.actor("collector", delivery.to).method(delivery.handler)
        for text in delivery.texts:
            ctx.tell(method, text)
        self.sent += len(delivery.texts)
        return self.sent

    @handler
    async def deliver_metadata(self, ctx: Context, trip: Trip) -> int:
        """Tells a collector with metadata."""
        collector = ctx.actor("collector", trip.to).with_options(metadata={"x-trip": trip.trip})
        ctx.tell(collector.method("take_metadata"))
        self.sent += 1
        return self.sent

    @handler
    async def send(self, ctx: Context, parcel: Parcel) -> int:
        """Tells."""
        ctx.tell(ctx.actor(Counter, parcel.to).add, parcel.amount)
        self.sent += 1
        return self.sent

    @handler
    async def send_then_fail(self, ctx: Context, parcel: Parcel) -> int:
        """Tells and throws."""
        ctx.tell(ctx.actor(Counter, parcel.to).add, parcel.amount)
        self.sent += 1
        raise RuntimeError("boom")

    @handler
    async def send_slowly(self, ctx: Context, parcel: Parcel) -> int:
        """Tells, then passes a gate."""
        ctx.tell(ctx.actor(Counter, parcel.to).add, parcel.amount)
        self.sent += 1
        await gate(parcel.gate).passed()
        return self.sent

    @handler
    async def send_many(self, ctx: Context, parcel: Parcel) -> int:
        """Tells many times."""
        for _ in range(parcel.count):
            ctx.tell(ctx.actor(Counter, parcel.to).add, parcel.amount)
        self.sent += parcel.count
        return self.sent

    @handler
    async def write_many(self, ctx: Context, letters: Letters) -> int:
        """Tells a journal many times, in order."""
        for number in range(letters.count):
            ctx.tell(ctx.actor(Journal, letters.to).append, f"{letters.prefix}{number}")
        self.sent += letters.count
        return self.sent

    @handler
    async def sign(self, ctx: Context, key: str) -> None:
        """Has a journal write down who sent this."""
        ctx.tell(ctx.actor(Journal, key).append_sender)

    @handler
    async def tell_scratch(self, ctx: Context, parcel: Parcel) -> None:
        """Tells a transient actor."""
        ctx.tell(ctx.actor(Scratch, parcel.to).add, parcel.amount)

    @handler
    async def ask(self, ctx: Context, parcel: Parcel) -> int:
        """Asks a counter."""
        answer = await ctx.actor(Counter, parcel.to).add(parcel.amount)
        self.sent += 1
        return answer

    @handler
    async def ask_failing(self, ctx: Context, visit: Visit) -> str:
        """Asks what throws, and lives on."""
        try:
            await ctx.actor(Counter, visit.to).add_then_fail(1)
        except EveractError as error:
            self.sent += 1
            return error.name
        raise RuntimeError("the ask did not fail")

    @handler
    async def ask_slowly(self, ctx: Context, visit: Visit) -> int:
        """Asks what waits at a gate."""
        return await ctx.actor(Counter, visit.to).add_slowly(Slow(1, visit.gate))

    @handler
    def post(self, ctx: Context, parcel: Parcel) -> int:
        """Tells an edition many times."""
        for _ in range(parcel.count):
            ctx.tell(ctx.actor("edition", parcel.to).method("add"), parcel.amount)
        self.sent += parcel.count
        return self.sent

    @handler
    def post_behind(self, ctx: Context, visit: Visit) -> int:
        """Tells an edition to wait at a gate."""
        ctx.tell(ctx.actor("edition", visit.to).method("add_behind"), {"amount": 1, "gate": visit.gate})
        self.sent += 1
        return self.sent

    @handler(read_only=True, name="sent")
    async def how_many(self) -> int:
        """How many were sent."""
        return self.sent


class Path(msgspec.Struct):
    """Whom to visit next, and whether to throw in the end."""

    path: list[str]
    fail: bool = False


class Link(Exposed):
    """Durable, asks along a path."""

    visited: int = msgspec.field(default=0, name="visits")

    @handler
    async def visit(self, ctx: Context, path: Path) -> list[str]:
        """Goes on along the path; may not come back."""
        self.visited += 1
        found = [ctx.key]
        if path.path:
            found += await ctx.actor(Link, path.path[0]).visit(Path(path.path[1:]))
        if path.fail:
            raise RuntimeError("boom")
        return found

    @handler(reentrant=True)
    async def visit_again(self, ctx: Context, path: Path) -> list[str]:
        """Goes on along the path; may come back."""
        self.visited += 1
        found = [ctx.key]
        if path.path:
            found += await ctx.actor(Link, path.path[0]).visit_again(Path(path.path[1:]))
        if path.fail:
            raise RuntimeError("boom")
        return found

    @handler(read_only=True)
    async def visits(self) -> int:
        """How many visits."""
        return self.visited


class Report(msgspec.Struct):
    """A sleeper's state."""

    value: int
    activations: int
    passivations: int


class Sleeper(Exposed, idle_timeout_ms=150):
    """Durable, leaves memory soon."""

    value: int = 0
    activations: int = 0
    passivations: int = 0

    async def activated(self, ctx: Context) -> None:
        """Counts."""
        self.activations += 1
        NOTES[f"activated sleeper/{ctx.key}"] += 1

    def passivating(self, ctx: Context) -> None:
        """Counts."""
        self.passivations += 1
        NOTES[f"passivating sleeper/{ctx.key}"] += 1

    @handler
    async def add(self, amount: int) -> int:
        """Adds."""
        self.value += amount
        return self.value

    @handler(read_only=True)
    async def report(self) -> Report:
        """The state."""
        return Report(self.value, self.activations, self.passivations)

    @handler
    async def leave(self, ctx: Context) -> None:
        """Leaves memory."""
        ctx.passivate()


class Nap(Exposed, transient=True, idle_timeout_ms=150):
    """Transient, leaves memory soon."""

    value: int = 0

    def passivating(self, ctx: Context) -> None:
        """Notes that it leaves."""
        NOTES[f"passivating nap/{ctx.key}"] += 1

    @handler
    async def add(self, amount: int) -> int:
        """Adds."""
        self.value += amount
        return self.value

    @handler(read_only=True)
    async def get(self) -> int:
        """The value."""
        return self.value
