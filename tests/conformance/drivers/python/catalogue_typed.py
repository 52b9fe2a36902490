"""Actors with state of every declared type, and what does not belong there (docs/reference/data-model.md)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID

import msgspec
from catalogue_culprit import LONE, cycle, levels
from shared import Exposed

from everact import Context, handler

EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
ODD_ZONE = datetime(2026, 1, 2, tzinfo=timezone(timedelta(seconds=30)))
"""RFC 3339 has no seconds in an offset: written so, it would be another instant."""


class Shown(msgspec.Struct):
    """What `typed` shows."""

    count: int
    ratio: float
    title: str
    tags: list[str]
    when: datetime
    free: Any


def _fine(actor: Any) -> None:
    actor.count, actor.ratio, actor.title, actor.tags = 9007199254740993, 1.5, "ok", ["a", "b"]
    actor.when = datetime(2026, 1, 2, 3, 4, 5, 678000, tzinfo=timezone.utc)
    actor.free = {"a": [1, None, True, "x"]}


def _shared() -> list[Any]:
    held: list[Any] = []
    return [held, held]


VALUES: dict[str, tuple[str, Callable[[], Any]]] = {
    "shared": ("free", _shared),
    "set_in_free": ("free", lambda: {"a", "b"}),
    "map_in_free": ("free", lambda: {"a": 1}),
    "time_in_free": ("free", lambda: EPOCH + timedelta(days=9, microseconds=5)),
    "bytes_in_free": ("free", lambda: b"\x00\xff"),
    "tuple_in_free": ("free", lambda: (1, "a")),
    "wrong_type": ("count", lambda: 2.5),
    "wrong_type_inside": ("tags", lambda: ["a", 7]),
    "missing": ("title", lambda: None),
    "nan": ("ratio", lambda: float("nan")),
    "infinity": ("ratio", lambda: float("-inf")),
    "nan_inside": ("free", lambda: {"a": [1, float("nan")]}),
    "cycle": ("free", cycle),
    "not_unicode": ("title", lambda: LONE),
    "not_unicode_key": ("free", lambda: {LONE: 1}),
    "time_out_of_range": ("when", lambda: ODD_ZONE),
    "not_data": ("free", object),
    "odd_keys": ("free", lambda: {(1, 2): 3}),
    "too_deep": ("free", lambda: levels(200)),
    "integer_too_big": ("count", lambda: 2**63),
}
"""Which field gets which value (tests/conformance/README.md)."""


class Typed(Exposed):
    """Durable, one field of each sort."""

    count: int = 0
    ratio: float = 0.5
    title: str = ""
    tags: list[str] = []  # noqa: RUF012 (an actor copies its mutable defaults)
    when: datetime = EPOCH
    free: Any = None

    @handler
    def assign(self, way: str) -> None:
        """Assigns."""
        self._put(way)

    @handler
    def assign_then_fail(self, way: str) -> None:
        """Assigns and throws."""
        self._put(way)
        raise RuntimeError("boom")

    @handler(read_only=True)
    def assign_read_only(self, way: str) -> None:
        """Assigns where it must not."""
        self._put(way)

    @handler
    def grow(self) -> None:
        """Appends to the first list."""
        self.free[0].append(1)

    @handler(read_only=True)
    def show(self) -> Shown:
        """The state."""
        return Shown(self.count, self.ratio, self.title, self.tags, self.when, self.free)

    @handler(read_only=True)
    def revision(self, ctx: Context) -> int:
        """The state's revision."""
        return ctx.revision

    @handler
    def leave(self, ctx: Context) -> None:
        """Leaves memory."""
        ctx.passivate()

    def _put(self, way: str) -> None:
        if way == "fine":
            _fine(self)
        elif way == "nothing":
            self.title = str(self.title)
        else:
            name, make = VALUES[way]
            setattr(self, name, make())


class Color(Enum):
    """A color by its wire name."""

    RED = "red"
    GREEN = "green"
    BLUE = "blue"


@dataclass
class Home:
    """Where somebody lives."""

    street: str
    zip: int


class Fields(msgspec.Struct):
    """A record of every type of the data model."""

    flag: bool
    big: int
    ratio: float
    name: str
    blob: bytes
    price: Decimal
    at: datetime
    took: timedelta
    id: UUID
    color: Color
    tags: set[str]
    scores: dict[str, int]
    by_number: dict[int, str]
    note: str | None
    home: Home
    homes: list[Home]
    second_home: Home | None


class Record(Exposed):
    """Durable, one field of each type of the data model."""

    flag: bool = False
    big: int = 0
    ratio: float = 0.0
    name: str = ""
    blob: bytes = b""
    price: Decimal = Decimal(0)
    at: datetime = EPOCH
    took: timedelta = timedelta()
    id: UUID = UUID(int=0)
    color: Color = Color.RED
    tags: set[str] = set()  # noqa: RUF012 (an actor copies its mutable defaults)
    scores: dict[str, int] = {}  # noqa: RUF012 (an actor copies its mutable defaults)
    by_number: dict[int, str] = {}  # noqa: RUF012 (an actor copies its mutable defaults)
    note: str | None = None
    home: Home = msgspec.field(default_factory=lambda: Home("", 0))
    homes: list[Home] = []  # noqa: RUF012 (an actor copies its mutable defaults)
    second_home: Home | None = None

    @handler
    def put(self, fields: Fields) -> None:
        """Sets all fields."""
        for name in Fields.__struct_fields__:
            setattr(self, name, getattr(fields, name))

    @handler(read_only=True)
    def show(self) -> Fields:
        """All fields."""
        return Fields(*(getattr(self, name) for name in Fields.__struct_fields__))

    @handler
    def add_big(self, amount: int) -> int:
        """Adds."""
        self.big += amount
        return self.big

    @handler
    def leave(self, ctx: Context) -> None:
        """Leaves memory."""
        ctx.passivate()
