"""Application errors: the class that a handler raised, with its fields, at whoever asked."""

from __future__ import annotations

from typing import Any

import pytest

import everact
from everact import Actor, ApplicationError, Context, Engine, HandlerFailed, InvalidDeclaration, TooLarge, handler


class SeatTaken(ApplicationError, status=409):
    seat: str
    row: int = 0


class NoSuchShow(ApplicationError, type="no_such_show", status=404, grpc="NOT_FOUND"):
    pass


class Show(Actor, transient=True, exposed=True):
    taken: list[str] = []

    @handler
    def book(self, seat: str) -> None:
        self.taken.append(seat)
        raise SeatTaken(f"seat {seat} is taken", seat=seat, row=12)

    @handler
    async def book_through(self, ctx: Context, seat: str) -> None:
        await ctx.actor(Show, "inner").book(seat)

    @handler
    async def book_catching(self, ctx: Context, seat: str) -> str:
        try:
            await ctx.actor(Show, "inner").book(seat)
        except SeatTaken as error:
            return f"{error.seat} in row {error.row}"
        return "booked"

    @handler
    def undeclared(self) -> None:
        raise ApplicationError.of("unknown_here", "no way", status=410, details={"show": "hamlet"})

    @handler
    def missing(self) -> None:
        raise NoSuchShow("no such show")

    @handler
    def huge(self) -> None:
        raise SeatTaken("huge", seat="x" * 100_000)

    @handler
    def badly(self) -> None:
        raise SeatTaken("badly", seat="\ud800")

    @handler(read_only=True)
    def count(self) -> int:
        return len(self.taken)


async def check(show: Show) -> None:
    for ask in (show.book, show.book_through):
        with pytest.raises(SeatTaken) as caught:
            await ask("12A")
        assert (caught.value.message, caught.value.seat, caught.value.row) == ("seat 12A is taken", "12A", 12)
        assert (caught.value.type, caught.value.status) == ("seat_taken", 409)
        assert caught.value.details == {"row": 12, "seat": "12A"}
        assert caught.value.code == 22
    assert await show.book_catching("1B") == "1B in row 12"
    with pytest.raises(NoSuchShow, match="no such show"):
        await show.missing()
    with pytest.raises(ApplicationError) as other:
        await show.undeclared()
    assert type(other.value) is ApplicationError
    assert (other.value.type, other.value.status) == ("unknown_here", 410)
    assert other.value.details == {"show": "hamlet"}
    with pytest.raises(TooLarge, match="SeatTaken"):
        await show.huge()
    with pytest.raises(HandlerFailed):
        await show.badly()
    assert await show.count() == 0


async def test_an_application_error_arrives_as_its_class_with_its_fields() -> None:
    async with Engine.in_memory(actors=[Show]) as engine:
        await check(engine.actor(Show, "a"))


async def test_it_does_so_over_a_connection() -> None:
    async with (
        Engine.in_memory(actors=[Show], listen="127.0.0.1:0") as engine,
        everact.connect(f"http://{engine.address}", actors=[Show]) as connection,
    ):
        await check(connection.actor(Show, "a"))


async def test_a_handler_that_answers_so_has_not_failed() -> None:
    async with Engine.in_memory(actors=[Show]) as engine:
        before = engine.stats()["failed_turns"]
        with pytest.raises(SeatTaken):
            await engine.actor(Show, "a").book("1A")
        assert engine.stats()["failed_turns"] == before


def test_declarations_that_cannot_be_used_are_refused() -> None:
    for arguments in ({"status": 200}, {"type": "Not Snake"}, {"type": "x" * 129}):
        with pytest.raises(InvalidDeclaration):
            type("Bad", (ApplicationError,), {}, **arguments)
    with pytest.raises(InvalidDeclaration, match="status"):
        type("Worse", (ApplicationError,), {"__annotations__": {"status": int}})


def test_fields_are_asked_for_where_an_error_is_made() -> None:
    made: Any = SeatTaken
    with pytest.raises(TypeError, match="lacks seat"):
        made("x")
    with pytest.raises(TypeError, match="does not know zeat"):
        made("x", zeat=1, seat="a")
