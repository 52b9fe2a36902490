"""The actor: an airport that counts what lands there, on the base class that the generator wrote."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from flights.v1 import airports_pb2 as pb
from flights.v1.airports_everact import AirportClosedError, AirportsActor

from everact import Context


class Airports(AirportsActor):
    """One airport. Its state is the message `AirportState`; a turn that fails leaves it as it was."""

    async def landed(self, ctx: Context, request: pb.LandedRequest) -> pb.LandedResponse:
        """Counts a flight; afterwards number `bad` fails and number `slow` takes its time."""
        flight = request.flight
        self.state.flights += 1
        self.state.minutes_late += max(flight.delay, 0)
        if flight.delay > 0:
            self.state.late.append(flight)
        if flight.number == "bad":
            raise ValueError("no such flight")
        if flight.number == "closed":
            closed = pb.AirportClosed(airport=request.airport, minutes=2**53 + 1, waiting=self.state.late[:1])
            raise AirportClosedError("closed for the night", closed)
        if flight.number == "slow":
            await asyncio.sleep(5)  # a caller that stops waiting cancels the turn, and this with it
        if "trace" in ctx.metadata:
            ctx.reply_metadata["trace"] = f"{ctx.metadata['trace']!s}!"
        return pb.LandedResponse(flights=self.state.flights, mean_delay=self._mean_delay())

    def summary(self, ctx: Context, request: pb.SummaryRequest) -> pb.SummaryResponse:
        """What has landed so far."""
        return pb.SummaryResponse(flights=self.state.flights, mean_delay=self._mean_delay(), note=self.state.note)

    def late(self, ctx: Context, request: pb.LateRequest) -> list[pb.Flight]:
        """The flights that were late enough."""
        return [flight for flight in self.state.late if flight.delay >= request.delay_min]

    async def upload(self, ctx: Context, requests: Sequence[pb.LandedRequest]) -> pb.LandedResponse:
        """Counts many flights in one turn: all of them or none."""
        return [await self.landed(ctx, request) for request in requests][-1]

    async def follow(self, ctx: Context, request: pb.LandedRequest) -> list[pb.LandedResponse]:
        """Counts one of many flights; each of them is a turn."""
        return [await self.landed(ctx, request)]

    def clear(self, ctx: Context, request: pb.ClearRequest) -> None:
        """Forgets everything."""
        self.state.Clear()

    def note(self, ctx: Context, request: pb.NoteRequest) -> None:
        """Keeps a note."""
        self.state.note = request.text

    def _mean_delay(self) -> float:
        return self.state.minutes_late / self.state.flights if self.state.flights else 0.0
