"""What travels beside messages and replies."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from airports import Airports, landing
from flights.v1 import airports_pb2 as pb
from flights.v1.airports_everact import AirportsReference

from everact import Actor, Context, Engine, HandlerFailed, InvalidArgument, TooLarge, handler
from everact.metadata import BYTES_MAX, entries_of, metadata_of


class Porter(Actor):
    """Sends back what came, under other names."""

    carried: int = 0

    @handler
    async def carry(self, ctx: Context, times: int) -> int:
        self.carried += times
        for name, value in ctx.metadata.items():
            ctx.reply_metadata[f"re-{name}"] = value
        return self.carried

    @handler(read_only=True)
    async def pass_on(self, ctx: Context, key: str) -> str:
        beside: dict[str, str | bytes] = {}
        await ctx.actor(Porter, key).with_options(metadata={"from": ctx.key}, reply_metadata=beside).carry(1)
        answered = beside["re-from"]
        assert isinstance(answered, str)
        return answered

    @handler
    async def rest(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    @handler
    async def spoil(self, ctx: Context, value: str) -> None:
        self.carried += 1
        ctx.reply_metadata["Bad Name"] = value


class Carrier(Airports):
    """A generated actor that looks beside its message."""

    async def landed(self, ctx: Context, request: pb.LandedRequest) -> pb.LandedResponse:
        ctx.reply_metadata["gate"] = f"{ctx.metadata.get('gate')!r}!"
        return await super().landed(ctx, request)


async def test_metadata_goes_there_and_back() -> None:
    async with Engine(actors=[Porter]) as engine:
        porter = engine.actor(Porter, "a")
        sent: dict[str, str | bytes] = {"trace": "ü1", "x-bin": b"\0\xff", "empty": ""}
        answer: dict[str, str | bytes] = {"kept": "yes"}
        assert await porter.with_options(metadata=sent, reply_metadata=answer).carry(2) == 2
        assert answer == {"kept": "yes", "re-trace": "ü1", "re-x-bin": b"\0\xff", "re-empty": ""}
        by_name: dict[str, str | bytes] = {}
        options: dict[str, Any] = {"metadata": {"a": "b"}, "reply_metadata": by_name}
        assert await engine.actor("porter", "a").with_options(**options).ask("carry", 1) == 3
        assert by_name == {"re-a": "b"}
        assert await porter.carry(1) == 4


async def test_metadata_goes_from_actor_to_actor() -> None:
    async with Engine(actors=[Porter]) as engine:
        assert await engine.actor(Porter, "a").pass_on("b") == "a"


async def test_generated_actors_have_it_too() -> None:
    async with Engine(actors=[Carrier]) as engine:
        beside: dict[str, str | bytes] = {}
        sfo = AirportsReference(engine, "SFO").with_options(metadata={"gate": "B4"}, reply_metadata=beside)
        assert (await sfo.landed(landing())).flights == 1
        assert beside == {"gate": "'B4'!"}


async def test_metadata_that_cannot_travel_is_refused() -> None:
    async with Engine(actors=[Porter]) as engine:
        porter = engine.actor(Porter, "a")
        bad: list[dict[str, Any]] = [{"Trace": "a"}, {"": "a"}, {"a b": "c"}, {"a": b"c"}, {"a-bin": "c"}, {"a": 1}]
        for metadata in bad:
            with pytest.raises(InvalidArgument, match="metadata"):
                porter.with_options(metadata=metadata)
        with pytest.raises(TooLarge, match=f"the limit is {BYTES_MAX}"):
            porter.with_options(metadata={"a": "b" * BYTES_MAX})
        with pytest.raises(HandlerFailed, match="InvalidArgument: metadata 'Bad Name'"):
            await porter.spoil("a")
        largest = {"a": "b" * (BYTES_MAX - 2 - 6 - 1)}
        with pytest.raises(HandlerFailed, match="TooLarge: the metadata has"):  # it comes back under a longer name
            await porter.with_options(metadata=largest).carry(1)
        assert await porter.with_options(metadata={"a": "b"}).carry(0) == 0


def test_names_may_come_twice() -> None:
    came = [("a", b"1"), ("a", b"2"), ("b-bin", b"1"), ("b-bin", b"2")]
    assert metadata_of(came) == {"a": "1, 2", "b-bin": b"2"}
    assert entries_of({"a": "1", "b-bin": b"2"}) == [("a", b"1"), ("b-bin", b"2")]
