"""grpc ADDRESS KEY: the story, told with grpcio and the stub of its own generator."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable

import grpc
from flights.v1 import airports_pb2 as pb
from flights.v1.airports_pb2_grpc import AirportsStub
from google.rpc.error_details_pb2 import ErrorInfo
from grpc_status import rpc_status
from line import count, say


class Airport:
    """The stub, and the airport that its requests are for."""

    def __init__(self, stub: AirportsStub, key: str) -> None:
        self.stub = stub
        self.key = key

    def landing(self, number: str, delay: int) -> pb.LandedRequest:
        """A flight that landed here."""
        return pb.LandedRequest(airport=self.key, flight=pb.Flight(number=number, delay=delay))

    async def summary(self) -> pb.SummaryResponse:
        """What has landed here."""
        return await self.stub.Summary(pb.SummaryRequest(airport=self.key))


async def count_flights(airport: Airport) -> None:
    """Every sort of method: one message or many, one reply or many or none."""
    stub, landing = airport.stub, airport.landing
    say("landed", **count(await stub.Landed(landing("LH 454", 12))))
    say("again", **count(await stub.Landed(landing("LH 455", 0))))
    say("upload", **count(await stub.Upload(iter([landing("UA 1", 30), landing("UA 2", 18)]))))
    followed = await follow(stub, landing("AF 1", 0), landing("AF 2", 30))
    say(
        "follow",
        flights=[reply.flights for reply in followed],
        mean_delays=[reply.mean_delay for reply in followed],
    )
    late = stub.Late(pb.LateRequest(airport=airport.key, delay_min=20))
    say("late", numbers=[flight.number async for flight in late])
    await stub.Note(pb.NoteRequest(airport=airport.key, text="fog ☁"))
    summary = await airport.summary()
    say("note", **count(summary), note=summary.note)


async def follow(stub: AirportsStub, *landings: pb.LandedRequest) -> list[pb.LandedResponse]:
    """One call for all of them; each reply is awaited before the next message is sent."""
    call = stub.Follow()
    replies = []
    for landing in landings:
        await call.write(landing)
        replies.append(await call.read())
    await call.done_writing()
    assert await call.read() == grpc.aio.EOF
    return replies


async def send_beside(airport: Airport) -> None:
    """What travels beside a message: an idempotency key, metadata."""
    stub, landing = airport.stub, airport.landing
    mark = [("idempotency-key", f"once-{airport.key}")]
    say("once", flights=[(await stub.Landed(landing("BA 1", 15), metadata=mark)).flights for _ in range(2)])
    traced = stub.Landed(landing("BA 2", 15), metadata=[("trace", "abc")])
    headers = await traced.initial_metadata()
    say("metadata", flights=(await traced).flights, trace=headers["trace"])


async def fail(airport: Airport) -> None:
    """What goes wrong, and that it leaves nothing behind."""
    stub = airport.stub
    error = await failure(stub.Landed(airport.landing("bad", 99)))
    say("bad", error=name(error), holds="no such flight" in (error.details() or ""))
    say("rolled_back", **count(await airport.summary()))
    slow = Airport(stub, f"{airport.key}-slow")
    say("slow", error=name(await failure(stub.Landed(slow.landing("slow", 1), timeout=0.3))))
    say("no_key", error=name(await failure(stub.Landed(pb.LandedRequest()))))


async def failure(call: Awaitable[object]) -> grpc.aio.AioRpcError:
    """The error that a call ends with."""
    try:
        reply = await call
    except grpc.aio.AioRpcError as error:
        return error
    raise AssertionError(f"answered, though it should have failed: {reply}")


def name(error: grpc.aio.AioRpcError) -> str:
    """The reason in the status details; without them the status code's name in the same spelling."""
    status = rpc_status.from_call(error)
    info = ErrorInfo()
    for detail in status.details if status else ():
        if detail.Unpack(info):
            return info.reason
    return error.code().name.title().replace("_", "")


async def main(address: str, key: str) -> None:
    """Plays the story."""
    async with grpc.aio.insecure_channel(address.removeprefix("http://")) as channel:
        airport = Airport(AirportsStub(channel), key)
        await count_flights(airport)
        await send_beside(airport)
        await fail(airport)
        await airport.stub.Clear(pb.ClearRequest(airport=key))
        summary = await airport.summary()
        say("clear", flights=summary.flights, note=summary.note)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
