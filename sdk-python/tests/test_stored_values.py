"""What is acknowledged can be read back, equal; what cannot is refused, by the name of its field."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum, IntEnum
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
import pydantic
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from everact import (
    Actor,
    Context,
    Engine,
    InvalidDeclaration,
    InvalidPayload,
    InvalidState,
    StateMismatch,
    handler,
    state,
    was,
)

UTC = timezone.utc
LOCAL_MEAN = timezone(timedelta(seconds=20))
"""RFC 3339 writes offsets in hours and minutes."""


class Color(Enum):
    RED = "red"
    BLUE = "blue"


class Size(IntEnum):
    SMALL = 1
    LARGE = 2


@dataclass
class Point:
    x: float = 0
    labels: list[str] = field(default_factory=list)


@dataclass(eq=False)
class Unequal:
    x: int = 0


class Line(msgspec.Struct):
    sku: str
    count: int = 1


class Address(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(populate_by_name=True)
    street: str = pydantic.Field(default="", alias="streetName")
    since: date = date(2000, 1, 1)
    tags: set[str] = set()
    limit: Decimal = Decimal(0)


class Order(pydantic.BaseModel):
    number: int
    to: Address
    lines: list[Address] = []


class Wide(Actor):
    """A field of each type."""

    flag: bool = False
    number: int = 0
    ratio: float = 0.0
    maybe: float | None = None
    text: str = ""
    data: bytes = b""
    price: Decimal = Decimal(0)
    at: datetime = datetime(1970, 1, 1, tzinfo=UTC)
    day: date = date(1970, 1, 1)
    took: timedelta = timedelta()
    uid: UUID = UUID(int=0)
    color: Color = Color.RED
    size: Size = Size.SMALL
    items: list[int] = []
    pair: tuple[int, str] = (0, "")
    marks: set[str] = set()
    frozen: frozenset[int] = frozenset()
    by_number: dict[int, str] = {}
    by_day: dict[date, int] = {}
    point: Point = msgspec.field(default_factory=Point)
    unequal: Unequal = msgspec.field(default_factory=Unequal)
    lines: list[Line] = []
    address: Address = Address()
    anything: Any = None

    @handler
    def put(self, name: str) -> None:
        setattr(self, VALUES[name][0], VALUES[name][1]())

    @handler
    def put_given(self, name: str) -> None:
        setattr(self, name, GIVEN[0])

    @handler
    def put_then_fail(self, name: str) -> None:
        self.put_value(name)
        raise ValueError("after")

    def put_value(self, name: str) -> None:
        setattr(self, VALUES[name][0], VALUES[name][1]())

    @handler(read_only=True)
    def look(self, name: str) -> None:
        SEEN.append(getattr(self, name))

    @handler(read_only=True)
    def revision(self, ctx: Context) -> int:
        return ctx.revision

    @handler
    def leave(self, ctx: Context) -> None:
        ctx.passivate()


SEEN: list[Any] = []
GIVEN: list[Any] = []

VALUES: dict[str, tuple[str, Callable[[], Any]]] = {
    "flag": ("flag", lambda: True),
    "number": ("number", lambda: 2**63 - 1),
    "ratio": ("ratio", lambda: 0.1),
    "whole ratio": ("ratio", lambda: 5),
    "maybe": ("maybe", lambda: 1e300),
    "text": ("text", lambda: "日本語 \x00 \U0001f511"),
    "data": ("data", lambda: bytes(range(256))),
    "array of bytes": ("data", lambda: bytearray(b"ab")),
    "price": ("price", lambda: Decimal("12345678901234567890.000000000001")),
    "at": ("at", lambda: datetime(2026, 3, 1, 2, 30, 1, 999999, tzinfo=UTC)),
    "at in Berlin": ("at", lambda: datetime(2026, 7, 1, 12, tzinfo=ZoneInfo("Europe/Berlin"))),
    "day": ("day", lambda: date(9999, 12, 31)),
    "while clocks are turned": ("at", lambda: datetime(2026, 10, 25, 2, 30, fold=1, tzinfo=ZoneInfo("Europe/Berlin"))),
    "took": ("took", lambda: timedelta(days=-3, microseconds=1)),
    "uid": ("uid", lambda: UUID(int=2**127)),
    "color": ("color", lambda: Color.BLUE),
    "size": ("size", lambda: Size.LARGE),
    "items": ("items", lambda: [1, 2, 3]),
    "items as a tuple": ("items", lambda: (1, 2)),
    "pair": ("pair", lambda: (1, "a")),
    "marks": ("marks", lambda: {"a", "b"}),
    "marks as a list": ("marks", lambda: ["a", "b"]),
    "frozen": ("frozen", lambda: frozenset({1, 2})),
    "by_number": ("by_number", lambda: {1: "a", -2: "b"}),
    "by_day": ("by_day", lambda: {date(2026, 1, 1): 1}),
    "point": ("point", lambda: Point(1.5, ["a"])),
    "unequal": ("unequal", lambda: Unequal(5)),
    "lines": ("lines", lambda: [Line("a"), Line("b", 2)]),
    "address": ("address", lambda: Address(streetName="a", tags={"x"}, limit=Decimal("1.10"))),
    "anything": ("anything", lambda: {"a": [1, None, "x", 1.5, {"b": []}]}),
}

REFUSED: dict[str, tuple[str, Callable[[], Any], str]] = {
    "a float in an int": ("number", lambda: 5 / 2, "number: 2.5 of type float does not fit int"),
    "a bool in an int": ("number", lambda: True, "number: True of type bool does not fit int"),
    "a big int": ("number", lambda: 2**63, "number: an integer beyond 64 bits does not fit"),
    "a big int as a key": ("by_number", lambda: {2**63: "a"}, "by_number: a key that is an integer beyond 64 bits"),
    "None in a text": ("text", lambda: None, "text: a value of type NoneType does not fit str"),
    "NaN": ("ratio", lambda: float("nan"), "ratio: NaN has no form in JSON"),
    "infinity": ("ratio", lambda: float("-inf"), "ratio: infinity has no form in JSON"),
    "NaN in an optional": ("maybe", lambda: float("nan"), "maybe: NaN has no form in JSON"),
    "a surrogate": ("text", lambda: "a\ud800", "text: a text that is not well-formed Unicode"),
    "NaN, decimal": ("price", lambda: Decimal("NaN"), "price: "),
    "infinity, decimal": ("price", lambda: Decimal("-Infinity"), "price: -Infinity of type Decimal is no number"),
    "no zone": ("at", lambda: datetime(2026, 1, 1), "at: a value of type datetime without a zone"),
    "seconds in an offset": ("at", lambda: datetime(2026, 1, 1, tzinfo=LOCAL_MEAN), "at: the offset .* has seconds"),
    "a text among integers": ("items", lambda: [1, "7"], r"items\[1\]: a value of type str does not fit int"),
    "an integer key": ("anything", lambda: {1: 2}, "anything: a value of type dict does not fit"),
    "a set in anything": ("anything", lambda: {1, 2}, "anything: a value of type set does not fit"),
    "a time in anything": ("anything", lambda: [date(2026, 1, 1)], r"anything\[0\]: a value of type date does not fit"),
    "an enum in anything": ("anything", lambda: {"a": Color.RED}, r"anything\.a: a value of type Color does not fit"),
    "an object": ("anything", object, "anything: a value of type object has no form in JSON"),
    "NaN within": ("anything", lambda: {"a": [{"b": float("nan")}]}, r"anything\.a\[0\]\.b: NaN has no form in JSON"),
    "a cycle": ("anything", lambda: _cycle(), "anything.*nested"),
    "too deep": ("anything", lambda: _deep(200), "nested"),
    "within a dataclass": ("point", lambda: Point("x"), r"point\.x: a value of type str does not fit float"),  # type: ignore[arg-type]
    "within a list of structs": ("lines", lambda: [Line("a"), Line("b", 1.5)], r"lines\[1\]\.count: 1.5 of type float"),  # type: ignore[arg-type]
    "within a model": ("address", lambda: Address.model_construct(street=5), "address"),
    "another class": ("point", lambda: Line("a"), "point: a value of type Line does not fit Point"),
}


def _cycle() -> list[Any]:
    made: list[Any] = []
    made.append(made)
    return made


def _deep(levels: int) -> Any:
    made: Any = 1
    for _ in range(levels):
        made = [made]
    return made


async def _seen(wide: Wide, name: str) -> Any:
    await wide.look(name)
    return SEEN.pop()


@pytest.mark.parametrize("name", VALUES)
async def test_a_value_is_the_same_for_the_next_turn_and_after_a_restart(name: str, tmp_path: Path) -> None:
    place, make = VALUES[name]
    async with Engine(tmp_path, actors=[Wide]) as engine:
        wide = engine.actor(Wide, "a")
        await wide.put(name)
        now = await _seen(wide, place)
    async with Engine(tmp_path, actors=[Wide]) as engine:
        later = await _seen(engine.actor(Wide, "a"), place)
        revision = await engine.actor(Wide, "a").revision()
        await engine.actor(Wide, "a").put(name)
        assert await engine.actor(Wide, "a").revision() == revision
    assert type(now) is type(later)
    if place == "unequal":
        now, later, given = now.x, later.x, make().x
    else:
        given = make()
    assert now == later
    if place == "at":
        given = given.astimezone(UTC)  # what the zone is called is not kept
    assert type(now)(given) == now if isinstance(now, (set, list)) else given == now


@pytest.mark.parametrize("name", REFUSED)
async def test_a_value_that_cannot_be_stored_is_refused_and_nothing_is_committed(name: str, tmp_path: Path) -> None:
    place, make, told = REFUSED[name]
    VALUES[name] = (place, make)
    try:
        async with Engine(tmp_path, actors=[Wide]) as engine:
            wide = engine.actor(Wide, "a")
            before = await _seen(wide, place)
            for _ in range(2):
                with pytest.raises(InvalidState, match=told):
                    await wide.put(name)
                assert await _seen(wide, place) == before or place == "unequal"
            await wide.put("flag")
        async with Engine(tmp_path, actors=[Wide]) as engine:
            assert await _seen(engine.actor(Wide, "a"), "flag") is True
    finally:
        del VALUES[name]


def _hashable(value: Any) -> bool:
    return not isinstance(value, Decimal) or not value.is_snan()


_plain = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(),
    st.binary(),
    st.decimals(),
    st.datetimes(),
    st.datetimes(timezones=st.timezones()),
    st.timedeltas(),
    st.uuids(),
    st.sampled_from(Color),
)
_any = st.recursive(
    _plain,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.tuples(inner, inner),
        st.dictionaries(_plain.filter(_hashable), inner, max_size=3),
    ),
    max_leaves=8,
)


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(name=st.sampled_from(list(Wide.__struct_fields__)), value=_any)
def test_whatever_is_assigned_is_refused_or_comes_back_equal(name: str, value: Any) -> None:
    async def run() -> None:
        async with Engine.in_memory(actors=[Wide]) as engine:
            wide = engine.actor(Wide, "a")
            GIVEN[:] = [value]
            before = await _seen(wide, name)
            told = await asyncio.gather(wide.put_given(name), return_exceptions=True)
            if told[0] is not None:
                assert isinstance(told[0], InvalidState)
                assert told[0].message.startswith(name)
                assert await _seen(wide, name) == before or name == "unequal"
                return
            now = await _seen(wide, name)
            await wide.leave()
            later = await _seen(wide, name)
            assert type(now) is type(later)
            assert now == later or name == "unequal"

    asyncio.run(run())


class Till(Actor, kind="till"):
    cents: int = 0
    legacy: str = ""
    line: Line = msgspec.field(default_factory=lambda: Line("x", 3))
    lines: list[Line] = []

    @handler
    def fill(self) -> None:
        self.cents, self.legacy = 5, "old"
        self.lines = [Line("a", 1), Line("b", 2)]


class NarrowLine(msgspec.Struct):
    sku: str


class WideLine(msgspec.Struct):
    sku: str
    number: Annotated[int, was("count")] = 0


class NarrowTill(Actor, kind="till"):
    """Without some of the fields, within its records too."""

    cents: int = 0
    line: NarrowLine = msgspec.field(default_factory=lambda: NarrowLine("x"))
    lines: list[NarrowLine] = []

    @handler
    def add(self, amount: int) -> None:
        self.cents += amount
        if amount:
            self.lines.reverse()

    @handler(read_only=True)
    def revision(self, ctx: Context) -> int:
        return ctx.revision


class RenamedTill(Actor, kind="till"):
    balance: int = state(0, was="cents")
    legacy: str = ""
    line: WideLine = msgspec.field(default_factory=lambda: WideLine("x"))
    lines: list[WideLine] = []
    tags: list[str] = state([], was=("labels", "marks"))

    @handler(read_only=True)
    def show(self) -> tuple[int, str, list[tuple[str, int]]]:
        return self.balance, self.legacy, [(line.sku, line.number) for line in [self.line, *self.lines]]

    @handler
    def add(self, amount: int) -> int:
        self.balance += amount
        return self.balance


class TextTill(Actor, kind="till"):
    cents: str = ""

    @handler
    def touch(self) -> None:
        return None


async def test_fields_that_a_class_does_not_know_are_kept_and_reported_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with Engine(tmp_path, actors=[Till]) as engine:
        for key in "ab":
            await engine.actor(Till, key).fill()
    async with Engine(tmp_path, actors=[NarrowTill]) as engine:
        for key in "ab":
            till = engine.actor(NarrowTill, key)
            await till.add(0)
            assert await till.revision() == 1
            await till.add(2)
            await till.add(0)
            assert await till.revision() == 2
    told = [record.getMessage() for record in caplog.records if "does not declare" in record.getMessage()]
    assert told == [
        "till: stored fields that the class does not declare are kept: "
        "legacy, line.count, lines[0].count, lines[1].count"
    ]
    async with Engine(tmp_path, actors=[RenamedTill]) as engine:
        renamed = engine.actor(RenamedTill, "a")
        assert await renamed.show() == (7, "old", [("x", 3), ("b", 2), ("a", 1)])


async def test_a_renamed_field_keeps_its_value(tmp_path: Path) -> None:
    async with Engine(tmp_path, actors=[Till]) as engine:
        await engine.actor(Till, "a").fill()
    for expected in (6, 7):
        async with Engine(tmp_path, actors=[RenamedTill]) as engine:
            till = engine.actor(RenamedTill, "a")
            assert await till.add(1) == expected
            assert await till.show() == (expected, "old", [("x", 3), ("a", 1), ("b", 2)])


async def test_a_field_of_another_type_is_a_state_mismatch_and_leaves_the_state(tmp_path: Path) -> None:
    async with Engine(tmp_path, actors=[Till]) as engine:
        await engine.actor(Till, "a").fill()
    async with Engine(tmp_path, actors=[TextTill]) as engine:
        with pytest.raises(StateMismatch, match=r"stored state of till/a .*\$\.cents"):
            await engine.actor(TextTill, "a").touch()
    async with Engine(tmp_path, actors=[RenamedTill]) as engine:
        assert await engine.actor(RenamedTill, "a").add(0) == 5


def test_defaults_that_cannot_be_stored_are_refused_at_open() -> None:
    class Misfit(Actor):
        number: int = 2.5  # type: ignore[assignment]

    class NoNumber(Actor):
        ratio: float = float("nan")

    class NoForm(Actor):
        what: complex = 1j

    for actor, told in ((Misfit, "number: 2.5 of type float"), (NoNumber, "ratio: NaN"), (NoForm, "complex")):
        with pytest.raises(InvalidDeclaration, match=told):
            Engine.in_memory(actors=[actor])


class Post(Actor, transient=True):
    """Messages and replies of all sorts."""

    @handler
    def model(self, order: Order) -> Order:
        return order

    @handler
    def models(self, orders: list[Order]) -> dict[str, Order]:
        return {str(order.number): order for order in orders}

    @handler
    def data(self, point: Point) -> Point:
        return point

    @handler
    def line(self, line: Line) -> Line:
        return line

    @handler
    def integers(self, numbers: dict[str, list[int]]) -> int:
        return len(numbers)

    @handler
    def integer(self, number: int) -> int:
        return number


async def test_models_dataclasses_and_structures_are_messages_and_replies() -> None:
    async with Engine.in_memory(actors=[Post]) as engine:
        post = engine.actor(Post, "a")
        order = Order(
            number=1, to=Address(streetName="a", tags={"x"}), lines=[Address(), Address(since=date(2026, 1, 1))]
        )
        assert await post.model(order) == order
        assert await post.models([order]) == {"1": order}
        assert await post.data(Point(1.5, ["a"])) == Point(1.5, ["a"])
        assert await post.line(Line("a")) == Line("a")


async def test_unknown_and_missing_fields_of_messages_are_refused_and_named() -> None:
    async with Engine.in_memory(actors=[Post]) as engine:
        post = engine.actor("post", "a")
        for name, message, told in (
            ("line", {"sku": "a", "cuont": 2}, "unknown field `cuont`"),
            ("line", {"count": 2}, "missing required field `sku`"),
            ("line", b'{"sku":"a","x" : 1}', "unknown field `x`"),
            ("data", {"x": 1, "y": 2}, "unknown field `y`"),
            ("model", {"number": 1, "to": {"streetName": "a", "zip": 5}}, r"unknown field `to\.zip`"),
            ("model", {"to": {}}, "number"),
            ("models", [{"number": 1, "to": {}, "x": 1}], r"unknown field `\[0\]\.x`"),
            ("integer", b"9223372036854775808", "9223372036854775807"),
            ("integers", b'{"a":[9223372036854775808]}', r"\[\.\.\.\]"),
        ):
            with pytest.raises(InvalidPayload, match=told):
                await post.ask(name, message)


def test_the_order_of_a_set_is_no_change_for_a_read_only_turn() -> None:
    """Sets have an order that depends on the seed of hashes: with this one it differs after reading."""
    command = [sys.executable, "-m", "pytest", "-q", __file__, "-k", "marks and after_a_restart"]
    done = subprocess.run(
        command, env={**os.environ, "PYTHONHASHSEED": "24"}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout[-2000:]
