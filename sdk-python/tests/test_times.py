"""Times within messages and replies: the instant arrives, or the call is refused."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, time, timedelta, timezone
from typing import Any

import msgspec
import pydantic
import pytest

from everact import Actor, Context, Engine, HandlerFailed, InvalidArgument, InvalidPayload, handler

SEEN: list[Any] = []
NOON = datetime(2026, 1, 1, 12)
TOLD = "the offset of a .* zone has seconds"


class Stop(msgspec.Struct):
    at: datetime | None = None
    opens: time | None = None


class Model(pydantic.BaseModel):
    at: datetime


@dataclass
class Trip:
    stops: list[Stop] = field(default_factory=list)
    by_time: dict[datetime, int] = field(default_factory=dict)
    model: Model | None = None


class Clock(Actor):
    @handler
    def typed(self, trip: Trip) -> None:
        SEEN.append(trip)

    @handler
    def direct(self, at: datetime) -> datetime:
        return at

    @handler
    def loose(self, given: Any) -> None:
        SEEN.append(given)

    @handler
    def reply(self, seconds: int) -> datetime:
        return NOON.replace(tzinfo=offset(seconds))

    @handler
    def naive(self) -> datetime:
        return NOON

    @handler
    def undeclared(self, seconds: int):  # type: ignore[no-untyped-def]
        return {"at": [NOON.replace(tzinfo=offset(seconds))]}

    @handler
    def pass_on(self, ctx: Context, seconds: int) -> str:
        try:
            ctx.tell(ctx.actor(Clock, "b").direct, NOON.replace(tzinfo=offset(seconds)))
        except InvalidArgument as error:
            return str(error)
        return "sent"


def offset(seconds: float) -> timezone:
    return timezone(timedelta(seconds=seconds))


def trips(zone: timezone) -> list[Trip]:
    at = NOON.replace(tzinfo=zone)
    return [
        Trip(stops=[Stop(), Stop(at)]),
        Trip(stops=[Stop(at.replace(microsecond=5))]),
        Trip(stops=[Stop(opens=at.timetz())]),
        Trip(by_time={at: 1}),
        Trip(model=Model(at=at)),
    ]


@pytest.mark.parametrize("seconds", [90, -90, 20, 45, 1_172, -75 * 60 - 1, 1e-6])
async def test_an_offset_with_seconds_is_refused_in_messages_and_replies(seconds: float) -> None:
    at = NOON.replace(tzinfo=offset(seconds))
    async with Engine.in_memory(actors=[Clock]) as engine:
        clock = engine.actor(Clock, "a")
        SEEN.clear()
        for trip in trips(offset(seconds)):
            with pytest.raises(InvalidArgument, match=TOLD):
                await clock.typed(trip)
            with pytest.raises(InvalidArgument, match=TOLD):
                await engine.actor("clock", "a").tell("typed", trip)
        with pytest.raises(InvalidArgument, match=TOLD):
            await clock.direct(at)
        with pytest.raises(InvalidArgument, match=TOLD):
            await clock.loose({"a": [at]})
        assert SEEN == []
        if seconds == int(seconds):
            for ask in (clock.reply, clock.undeclared):
                with pytest.raises(HandlerFailed, match=TOLD):
                    await ask(int(seconds))
            assert "has seconds" in await clock.pass_on(int(seconds))


@pytest.mark.parametrize("minutes", [0, 60, -210, 345, 1439, -1])
async def test_other_offsets_arrive_as_the_same_instant(minutes: int) -> None:
    zone = timezone(timedelta(minutes=minutes))
    async with Engine.in_memory(actors=[Clock]) as engine:
        clock = engine.actor(Clock, "a")
        for trip in trips(zone):
            SEEN.clear()
            await clock.typed(trip)
            assert [trip] == SEEN
        assert await clock.direct(NOON.replace(tzinfo=zone)) == NOON.replace(tzinfo=zone)
        assert await clock.reply(minutes * 60) == NOON.replace(tzinfo=zone)
        assert await clock.pass_on(minutes * 60) == "sent"


NO_ZONE = "without a zone"


async def test_a_time_without_a_zone_is_refused_in_messages_and_replies() -> None:
    naive = NOON.replace(microsecond=5)
    sent = [Trip(stops=[Stop(naive)]), Trip(by_time={naive: 1}), Trip(model=Model(at=naive))]
    async with Engine.in_memory(actors=[Clock]) as engine:
        clock, untyped = engine.actor(Clock, "a"), engine.actor("clock", "a")
        SEEN.clear()
        for trip in sent:
            with pytest.raises(InvalidArgument, match=NO_ZONE):
                await clock.typed(trip)
        with pytest.raises(InvalidArgument, match=NO_ZONE):
            await clock.direct(NOON)
        with pytest.raises(InvalidArgument, match=NO_ZONE):
            await clock.loose({"a": [NOON]})
        for text in ("2026-01-01T12:00:00", "2026-01-01T12:00:00.5", "2026-01-01 12:00:00"):
            with pytest.raises(InvalidPayload, match=NO_ZONE):
                await untyped.ask("direct", text)
            with pytest.raises(InvalidPayload, match=NO_ZONE):
                await untyped.ask("typed", {"stops": [{"at": text}]})
        assert SEEN == []
        # Where no time is declared it is a text like any other.
        await untyped.ask("loose", {"at": "2026-01-01T12:00:00"})
        assert SEEN == [{"at": "2026-01-01T12:00:00"}]
        with pytest.raises(HandlerFailed, match=NO_ZONE):
            await clock.naive()
