"""Numbers within messages and replies: integers of 64 bits, decimals with a value; and texts that only look alike."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest

from everact import Actor, Engine, HandlerFailed, InvalidArgument, InvalidPayload, Process, handler

SEEN: list[Any] = []
BIG = 2**70


@dataclass
class Item:
    name: str
    price: Decimal | None = None
    rest: Any = None


class Shop(Actor):
    @handler
    def take(self, item: Item) -> None:
        SEEN.append(item)

    @handler
    def loose(self, given):  # type: ignore[no-untyped-def]
        SEEN.append(given)

    @handler
    def reply(self) -> Any:
        return {"a": [BIG]}


async def test_an_integer_beyond_64_bits_is_refused_where_no_type_is_declared() -> None:
    async with Engine.in_memory(actors=[Shop]) as engine:
        shop, untyped = engine.actor(Shop, "a"), engine.actor("shop", "a")
        SEEN.clear()
        for call in (
            lambda: shop.loose({"a": [BIG]}),
            lambda: shop.loose({BIG: 1}),
            lambda: shop.take(Item("x", rest=[BIG])),
            lambda: untyped.tell("loose", BIG),
        ):
            with pytest.raises(InvalidArgument, match="64 bits"):
                await call()
        for handler_name, payload in (
            ("loose", b"[1180591620717411303424]"),
            ("take", b'{"name":"x","rest":[1e0,-99999999999999999999]}'),
        ):
            with pytest.raises(InvalidPayload, match="64 bits"):
                await untyped.ask(handler_name, payload)
        assert SEEN == []
        with pytest.raises(HandlerFailed, match="64 bits"):
            await shop.reply()
        await shop.loose([2**63 - 1, -(2**63), "99999999999999999999"])
        assert SEEN == [[2**63 - 1, -(2**63), "99999999999999999999"]]


@pytest.mark.parametrize("text", ["Nan", "inf", "-Infinity", "sNaN"])
async def test_a_text_that_reads_like_no_number_is_a_text(text: str) -> None:
    async with Engine.in_memory(actors=[Shop]) as engine:
        SEEN.clear()
        await engine.actor(Shop, "a").take(Item(text, Decimal(1), {text: [text]}))
        assert [Item(text, Decimal(1), {text: [text]})] == SEEN
        for price in (text, text.lower()):
            with pytest.raises(InvalidPayload, match="is no number"):
                await engine.actor("shop", "a").ask("take", {"name": "x", "price": price})


class Plain(Actor, transient=True):
    @handler
    def same(self, n: int) -> int:
        return n

    @handler
    def square(self, n: int) -> int:
        return n * n


class PlainProcess(Process):
    @handler
    def same(self, n: int) -> int:
        return n

    @handler
    def square(self, n: int) -> int:
        return n * n


async def test_integers_that_travel_without_an_encoding_have_the_same_bounds() -> None:
    async with Engine.in_memory(actors=[Plain], processes=[PlainProcess]) as engine:
        actor, spawned = engine.actor(Plain, "a"), engine.spawn(PlainProcess)
        for number in (0, -7, 2**63 - 1, -(2**63)):
            assert await actor.same(number) == number
            assert await spawned.ask(PlainProcess.same, number) == number
        for number in (2**63, 2**64 - 1, BIG, -BIG):
            with pytest.raises(InvalidPayload, match="922337203685477580"):
                await actor.same(number)
            with pytest.raises(InvalidPayload, match="922337203685477580"):
                await spawned.ask(PlainProcess.same, number)
        for number in (2**31, 2**32 - 1, 2**40):
            assert await actor.square(number) == number * number
            assert await spawned.ask(PlainProcess.square, number) == number * number
        assert await spawned.ask("same", 7, returns=float) == 7.0
        with pytest.raises(InvalidPayload, match="Expected `str`"):
            await spawned.ask("same", 7, returns=str)
