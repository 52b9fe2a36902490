"""Actors on generated code: the contract page's airports, and what its example leaves out."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine, Iterator, Sequence
from typing import Any, Final

from flights.v1 import airports_pb2 as pb
from flights.v1.airports_everact import AirportClosedError, AirportsActor, AirportsClient, AirportsReference
from google.protobuf import empty_pb2
from parts.v1 import parts_pb2

from everact import Context, proto


class Airports(AirportsActor):
    """One method of every sort."""

    def __init__(self) -> None:
        self.seen = 0

    async def landed(self, ctx: Context, request: pb.LandedRequest) -> pb.LandedResponse:
        self.seen += 1
        self.state.flights += 1
        self.state.minutes_late += max(request.flight.delay, 0)
        if request.flight.delay > 0:
            self.state.late.append(request.flight)
        if request.flight.number == "bad":
            raise ValueError("no such flight")
        if request.flight.number == "closed":
            closed = pb.AirportClosed(airport=request.airport, minutes=2**53 + 1, waiting=self.state.late)
            raise AirportClosedError("closed for the night", closed)
        return pb.LandedResponse(flights=self.state.flights, mean_delay=self.state.minutes_late / self.state.flights)

    def summary(self, ctx: Context, request: pb.SummaryRequest) -> pb.SummaryResponse:
        return pb.SummaryResponse(flights=self.state.flights, note=self.state.note)

    async def late(self, ctx: Context, request: pb.LateRequest) -> AsyncIterator[pb.Flight]:
        for flight in self.state.late:
            if flight.delay >= request.delay_min:
                yield flight

    async def upload(self, ctx: Context, requests: Sequence[pb.LandedRequest]) -> pb.LandedResponse:
        last = pb.LandedResponse()
        for request in requests:
            last = await self.landed(ctx, request)
        return last

    async def follow(self, ctx: Context, request: pb.LandedRequest) -> list[pb.LandedResponse]:
        return [await self.landed(ctx, request)]

    async def clear(self, ctx: Context, request: pb.ClearRequest) -> None:
        self.state.Clear()

    async def note(self, ctx: Context, request: pb.NoteRequest) -> None:
        self.state.note = request.text


class Hub(Airports):
    """The same service, asked and told from within turns, in every form that Python has."""

    def activated(self) -> None:
        self.state.note = "awake"

    async def landed(self, ctx: Context, request: pb.LandedRequest) -> pb.LandedResponse:
        other = AirportsReference(ctx, request.flight.number)
        await other.note(pb.NoteRequest(text=f"from {ctx.key}"))
        if request.flight.delay < 0:
            raise ValueError("sent back")
        if request.flight.delay > 0:
            onward = pb.LandedRequest(airport=request.flight.number, flight=pb.Flight(number=ctx.key))
            return await AirportsClient(ctx).landed(onward)
        return pb.LandedResponse(flights=7)

    def summary(self, ctx: Context, request: pb.SummaryRequest) -> Coroutine[Any, Any, pb.SummaryResponse]:  # type: ignore[override]
        async def later() -> pb.SummaryResponse:
            await asyncio.sleep(0)
            return pb.SummaryResponse(note=self.state.note)

        return later()

    def late(self, ctx: Context, request: pb.LateRequest) -> Iterator[pb.Flight]:  # type: ignore[override]
        again = pb.Flight()
        for number in ("a", "b"):
            again.number = number
            yield again

    async def follow(self, ctx: Context, request: pb.LandedRequest) -> AsyncIterator[pb.LandedResponse]:  # type: ignore[override]
        for flights in (1, 2):
            await asyncio.sleep(0)
            yield pb.LandedResponse(flights=flights)


PARTS: Final = proto.Kind(
    "parts",
    service=parts_pb2.DESCRIPTOR.services_by_name["Parts"],
    state=parts_pb2.Part,
    transient=True,
    mailbox_capacity_messages=50,
    overflow="wait",
)
TAKE: Final = PARTS.unary("take", parts_pb2.TakeRequest, parts_pb2.Part, key="part", idempotent=True)
COUNT: Final = PARTS.unary("count", parts_pb2.CountRequest, parts_pb2.Part, key="part", read_only=True)

BROOM: Final = proto.Kind(
    "broom", service=parts_pb2.DESCRIPTOR.services_by_name["Broom"], state=empty_pb2.Empty, transient=True
)
SWEEP: Final = BROOM.unary("sweep", empty_pb2.Empty, None, method="sweep_all")


class Parts(proto.Actor[parts_pb2.Part], of=PARTS):
    """A transient kind with keys that are numbers."""

    def take(self, ctx: Context, request: parts_pb2.TakeRequest) -> parts_pb2.Part:
        assert ctx.key == str(request.part)
        self.state.pieces += request.pieces
        self.state.shelves[str(request.pieces)] += 1
        return self.state

    def count(self, ctx: Context, request: parts_pb2.CountRequest) -> parts_pb2.Part:
        assert ctx.key == str(request.part)
        return self.state


class Broom(proto.Actor[empty_pb2.Empty], of=BROOM):
    """One actor, whose key is the kind's name."""

    def sweep_all(self, ctx: Context, request: empty_pb2.Empty) -> None:
        assert ctx.key == "broom"


class PartsReference(proto.Reference[int], of=PARTS):
    """One part."""

    async def take(self, request: parts_pb2.TakeRequest, /) -> parts_pb2.Part:
        return await self._ask(TAKE, request)

    async def count(self, request: parts_pb2.CountRequest, /) -> parts_pb2.Part:
        return await self._ask(COUNT, request)


class PartsClient(proto.Client, of=PARTS):
    """All parts."""

    async def take(self, request: parts_pb2.TakeRequest, /) -> parts_pb2.Part:
        return await self._ask(TAKE, request)


class BroomClient(proto.Client, of=BROOM):
    """The broom."""

    async def sweep(self, request: empty_pb2.Empty, /) -> None:
        await self._ask(SWEEP, request)


def landing(delay: int = 0, number: str = "LH 454", airport: str = "") -> pb.LandedRequest:
    """A request with its key left open, or set."""
    return pb.LandedRequest(airport=airport, flight=pb.Flight(number=number, delay=delay))
