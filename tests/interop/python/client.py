"""client ADDRESS KEY: the story, told with the typed references over a connection."""

import asyncio
import sys
from collections.abc import Awaitable

from flights.v1 import airports_pb2 as pb
from flights.v1.airports_everact import AIRPORTS, AirportClosedError, AirportsClient, AirportsReference
from line import count, say

import everact


def landing(number: str, delay: int) -> pb.LandedRequest:
    """A flight; the reference fills in the airport."""
    return pb.LandedRequest(flight=pb.Flight(number=number, delay=delay))


async def count_flights(airport: AirportsReference) -> None:
    """Every sort of method: one message or many, one reply or many or none."""
    say("landed", **count(await airport.landed(landing("LH 454", 12))))
    say("again", **count(await airport.landed(landing("LH 455", 0))))
    say("upload", **count(await airport.upload([landing("UA 1", 30), landing("UA 2", 18)])))
    followed = [*await airport.follow(landing("AF 1", 0)), *await airport.follow(landing("AF 2", 30))]
    say(
        "follow",
        flights=[reply.flights for reply in followed],
        mean_delays=[reply.mean_delay for reply in followed],
    )
    say("late", numbers=[flight.number for flight in await airport.late(pb.LateRequest(delay_min=20))])
    await airport.note(pb.NoteRequest(text="fog ☁"))
    summary = await airport.summary(pb.SummaryRequest())
    say("note", **count(summary), note=summary.note)


async def send_beside(airport: AirportsReference, key: str) -> None:
    """What travels beside a message: an idempotency key, metadata."""
    once = airport.with_options(idempotency_key=f"once-{key}")
    say("once", flights=[(await once.landed(landing("BA 1", 15))).flights for _ in range(2)])
    answered: dict[str, str | bytes] = {}
    traced = airport.with_options(metadata={"trace": "abc"}, reply_metadata=answered)
    say("metadata", flights=(await traced.landed(landing("BA 2", 15))).flights, trace=answered["trace"])


async def fail(connection: everact.Connection, airport: AirportsReference, key: str) -> None:
    """What goes wrong, and that it leaves nothing behind."""
    error = await failure(airport.landed(landing("bad", 99)))
    say("bad", error=type(error).__name__, holds="no such flight" in str(error))
    closed = await failure(airport.landed(landing("closed", 99)))
    assert isinstance(closed, AirportClosedError)
    detail = closed.detail
    say("closed", error=closed.type, minutes=str(detail.minutes), waiting=[flight.number for flight in detail.waiting])
    say("rolled_back", **count(await airport.summary(pb.SummaryRequest())))
    hurried = AirportsReference(connection, f"{key}-slow").with_options(deadline_ms=300)
    say("slow", error=type(await failure(hurried.landed(landing("slow", 1)))).__name__)
    nowhere = AirportsClient(connection).landed(landing("LH 454", 12))
    say("no_key", error=type(await failure(nowhere)).__name__)


async def failure(asked: Awaitable[object]) -> everact.EveractError:
    """The error that an ask ends with."""
    try:
        reply = await asked
    except everact.EveractError as error:
        return error
    raise AssertionError(f"answered, though it should have failed: {reply}")


async def main(address: str, key: str) -> None:
    """Plays the story."""
    async with everact.connect(address, actors=[AIRPORTS]) as connection:
        airport = AirportsReference(connection, key)
        await count_flights(airport)
        await send_beside(airport, key)
        await fail(connection, airport, key)
        await airport.clear(pb.ClearRequest())
        summary = await airport.summary(pb.SummaryRequest())
        say("clear", flights=summary.flights, note=summary.note)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
