"""The actor of the flights story: one for each airport, durable, exactly once."""

from __future__ import annotations

import msgspec

from everact import Actor, Context, handler


class Departure(msgspec.Struct):
    """A flight as its origin learns of it."""

    destination: str
    delay: int
    distance: int
    date: str


class Arrival(msgspec.Struct):
    """A flight as its destination learns of it."""

    delay: int
    distance: int


class Totals(msgspec.Struct):
    """What an airport has counted."""

    departures: int = 0
    arrivals: int = 0
    delay_sum: int = 0
    distance_sum: int = 0
    worst_delay: int = 0


class Airport(Actor):
    """Counts its departures and arrivals."""

    departures: int = 0
    arrivals: int = 0
    delay_sum: int = 0
    distance_sum: int = 0
    worst_delay: int = 0

    @handler
    async def departed(self, ctx: Context, flight: Departure) -> None:
        """Counts a departure and tells the destination, both or neither."""
        self.departures += 1
        self.delay_sum += flight.delay
        self.distance_sum += flight.distance
        self.worst_delay = max(self.worst_delay, flight.delay)
        ctx.tell(ctx.actor(Airport, flight.destination).arrived, Arrival(flight.delay, flight.distance))

    @handler
    async def arrived(self, flight: Arrival) -> None:
        """Counts an arrival."""
        self.arrivals += 1
        self.delay_sum += flight.delay
        self.distance_sum += flight.distance
        self.worst_delay = max(self.worst_delay, flight.delay)

    @handler(read_only=True)
    async def report(self) -> Totals:
        """The totals so far."""
        return Totals(self.departures, self.arrivals, self.delay_sum, self.distance_sum, self.worst_delay)
