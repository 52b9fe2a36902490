"""One kind in several releases that differ in state and handlers (tests/conformance/README.md)."""

from __future__ import annotations

from typing import Any

import msgspec
from shared import Exposed, gate

from everact import Actor, Context, handler, state


class Filling(msgspec.Struct):
    """What release 1 can be filled with."""

    cents: int
    legacy: str
    note: str
    title: str


class Behind(msgspec.Struct):
    """An amount to add behind a gate."""

    amount: int
    gate: str


class Inner(msgspec.Struct):
    """The nested record of release 1."""

    n: int = 0
    note: str = ""


class NarrowInner(msgspec.Struct):
    """The nested record without its note."""

    n: int = 0


class _Common(Exposed):
    """What all releases have."""

    title: str = ""

    @handler
    def name(self, title: str) -> None:
        """Sets the title."""
        self.title = title

    @handler
    def touch(self) -> None:
        """Changes nothing."""

    @handler(read_only=True)
    def revision(self, ctx: Context) -> int:
        """The state's revision."""
        return ctx.revision

    @handler
    def leave(self, ctx: Context) -> None:
        """Leaves memory."""
        ctx.passivate()


class _Cents(_Common):
    """What releases with an integer in `cents` and the full nested record have."""

    cents: int = 0
    legacy: str = ""
    inner: Inner = msgspec.field(default_factory=Inner)

    @handler
    def fill(self, filling: Filling) -> None:
        """Sets everything."""
        self.cents, self.legacy, self.title = filling.cents, filling.legacy, filling.title
        self.inner = Inner(1, filling.note)

    @handler
    async def add_behind(self, behind: Behind) -> int:
        """Passes a gate, then adds."""
        await gate(behind.gate).passed()
        self.cents += behind.amount
        return self.cents

    @handler
    def number(self, n: int) -> None:
        """Sets the nested number."""
        self.inner.n = n

    @handler(read_only=True)
    def show(self) -> dict[str, Any]:
        """The state."""
        return {"cents": self.cents, "legacy": self.legacy, "inner": self.inner, "title": self.title}


class Edition1(_Cents, kind="edition"):
    """The first release."""

    @handler
    def add(self, amount: int) -> int:
        """Adds."""
        self.cents += amount
        return self.cents


class Edition2(_Common, kind="edition"):
    """Without `legacy` and the nested note."""

    cents: int = 0
    inner: NarrowInner = msgspec.field(default_factory=NarrowInner)

    @handler
    def add(self, amount: int) -> int:
        """Adds."""
        self.cents += amount
        return self.cents

    @handler
    async def add_behind(self, behind: Behind) -> int:
        """Passes a gate, then adds."""
        await gate(behind.gate).passed()
        self.cents += behind.amount
        return self.cents

    @handler
    def number(self, n: int) -> None:
        """Sets the nested number."""
        self.inner.n = n

    @handler(read_only=True)
    def show(self) -> dict[str, Any]:
        """The state."""
        return {"cents": self.cents, "inner": self.inner, "title": self.title}


class Edition3(_Common, kind="edition"):
    """`amount` in place of `cents`, and a new field."""

    amount: int = state(0, was="cents")
    legacy: str = ""
    inner: Inner = msgspec.field(default_factory=Inner)
    extra: str = "new"

    @handler
    def add(self, amount: int) -> int:
        """Adds."""
        self.amount += amount
        return self.amount

    @handler
    async def add_behind(self, behind: Behind) -> int:
        """Passes a gate, then adds."""
        await gate(behind.gate).passed()
        self.amount += behind.amount
        return self.amount

    @handler
    def number(self, n: int) -> None:
        """Sets the nested number."""
        self.inner.n = n

    @handler(read_only=True)
    def show(self) -> dict[str, Any]:
        """The state."""
        shown = {"amount": self.amount, "legacy": self.legacy, "inner": self.inner}
        return {**shown, "title": self.title, "extra": self.extra}


class Edition4(_Common, kind="edition"):
    """`cents` is a text."""

    cents: str = ""
    inner: Inner = msgspec.field(default_factory=Inner)

    @handler(read_only=True)
    def show(self) -> dict[str, Any]:
        """The state."""
        return {"cents": self.cents, "inner": self.inner, "title": self.title}


class Amount(msgspec.Struct):
    """The message of release 5."""

    amount: int


class Edition5(_Cents, kind="edition"):
    """Another message of `add`."""

    @handler
    def add(self, amount: Amount) -> int:
        """Adds."""
        self.cents += amount.amount
        return self.cents


class Edition6(_Cents, kind="edition"):
    """Without `add`."""


RELEASES: dict[int, list[type[Actor]]] = {
    1: [Edition1],
    2: [Edition2],
    3: [Edition3],
    4: [Edition4],
    5: [Edition5],
    6: [Edition6],
    7: [],
}
"""The kind `edition` as each release registers it."""
