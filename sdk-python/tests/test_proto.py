"""Generated code in use: asks, tells, lists, keys and state of the contract page's example."""

from __future__ import annotations

from pathlib import Path

import pytest
from actors import until
from airports import Airports, Broom, BroomClient, Hub, Parts, PartsClient, PartsReference, landing
from flights.v1 import airports_pb2 as pb
from flights.v1.airports_everact import AIRPORTS, AirportsClient, AirportsReference
from google.protobuf import empty_pb2
from parts.v1 import parts_pb2
from typing_extensions import assert_type

from everact import Context, Deadlock, Engine, HandlerFailed, InvalidArgument, InvalidPayload, proto


async def test_a_reference_asks_and_has_the_types_of_its_messages() -> None:
    async with Engine(actors=[Airports]) as engine:
        sfo = AirportsReference(engine, "SFO")
        reply = await sfo.landed(landing(12))
        assert_type(reply, pb.LandedResponse)
        assert reply == pb.LandedResponse(flights=1, mean_delay=12.0)
        assert await sfo.landed(landing(-5)) == pb.LandedResponse(flights=2, mean_delay=6.0)
        assert (await sfo.summary(pb.SummaryRequest())).flights == 2
        assert (sfo.key, sfo.address, repr(sfo)) == ("SFO", "airports/SFO", "<reference to airports/SFO>")


async def test_lists_go_in_and_come_out_whole() -> None:
    async with Engine(actors=[Airports]) as engine:
        sfo = AirportsReference(engine, "SFO")
        uploaded = await sfo.upload(landing(delay, f"F{delay}") for delay in (0, 5, 30))
        assert uploaded.flights == 3
        assert [flight.number for flight in await sfo.late(pb.LateRequest(delay_min=10))] == ["F30"]
        assert [flight.number for flight in await sfo.late(pb.LateRequest())] == ["F5", "F30"]
        assert list(await sfo.late(pb.LateRequest(delay_min=100))) == []
        assert [reply.flights for reply in await sfo.follow(landing())] == [4]


async def test_a_method_without_a_reply_gives_none_and_a_tell_waits_for_nobody() -> None:
    async with Engine(actors=[Airports]) as engine:
        sfo = AirportsReference(engine, "SFO")
        await sfo.tell_upload([landing(), landing()])
        await sfo.tell_landed(landing())
        await sfo.note(pb.NoteRequest(text="gate 4"))
        await until(lambda: _has(sfo, pb.SummaryResponse(flights=3, note="gate 4")))
        await sfo.clear(pb.ClearRequest())
        assert await sfo.summary(pb.SummaryRequest()) == pb.SummaryResponse()


async def _has(airport: AirportsReference, summary: pb.SummaryResponse) -> bool:
    return await airport.summary(pb.SummaryRequest()) == summary


async def test_a_reference_completes_the_key_and_leaves_the_callers_request_alone() -> None:
    async with Engine(actors=[Airports, Parts]) as engine:
        sfo, request = AirportsReference(engine, "SFO"), landing()
        await sfo.landed(request)
        assert request == landing()
        await sfo.landed(landing(airport="SFO"))
        for other in (landing(airport="JFK"), [landing(), landing(airport="JFK")]):
            with pytest.raises(InvalidArgument, match=r"airports\.\w+: the request is for 'JFK', the reference is to"):
                await (sfo.upload(other) if isinstance(other, list) else sfo.landed(other))
        with pytest.raises(InvalidArgument, match="a key is not empty"):
            AirportsReference(engine, "")
        with pytest.raises(InvalidArgument, match="at least one request"):
            await sfo.upload([])
        assert (await sfo.summary(pb.SummaryRequest())).flights == 2


async def test_a_client_takes_the_key_from_the_request() -> None:
    async with Engine(actors=[Airports]) as engine:
        client = AirportsClient(engine)
        assert (await client.landed(landing(airport="JFK"))).flights == 1
        assert (await client.upload(landing(airport="JFK") for _ in range(2))).flights == 3
        assert (await client.with_options(deadline_ms=1_000).landed(landing(airport="JFK"))).flights == 4
        assert (await client.actor("JFK").landed(landing())).flights == 5
        await client.note(pb.NoteRequest(airport="JFK", text="now"))
        with pytest.raises(InvalidArgument, match="the field airport names no actor"):
            await client.landed(landing())
        with pytest.raises(InvalidArgument, match="the request is for 'SFO'"):
            await client.upload([landing(airport="JFK"), landing(airport="SFO")])
        with pytest.raises(InvalidArgument, match="at least one request"):
            await client.upload([])


async def test_keys_may_be_numbers_required_or_missing() -> None:
    async with Engine(actors=[Parts]) as engine:
        part = PartsReference(engine, -9)
        assert (await part.take(parts_pb2.TakeRequest(pieces=4))).pieces == 4
        assert (await part.take(parts_pb2.TakeRequest(part=-9, pieces=1))).pieces == 5
        with pytest.raises(InvalidArgument, match="'-9' cannot be the field part"):
            await part.count(parts_pb2.CountRequest())
        with pytest.raises(InvalidArgument, match="for 0, the reference is to '-9'"):
            await part.take(parts_pb2.TakeRequest(part=0))
        zero = PartsReference(engine, 0)
        assert (await zero.count(parts_pb2.CountRequest())).pieces == 0
        client = PartsClient(engine)
        assert (await client.take(parts_pb2.TakeRequest(part=0, pieces=2))).pieces == 2
        assert (await zero.count(parts_pb2.CountRequest(part=0))).pieces == 2


async def test_requests_without_a_key_are_for_the_one_actor_of_their_kind() -> None:
    async with Engine(actors=[Broom]) as engine:
        await BroomClient(engine).sweep(empty_pb2.Empty())


async def test_a_failed_turn_puts_the_state_back() -> None:
    async with Engine(actors=[Airports]) as engine:
        sfo = AirportsReference(engine, "SFO")
        await sfo.landed(landing(3))
        for bad in ([landing(1), landing(1, "bad")], [landing(1, "bad")]):
            with pytest.raises(HandlerFailed, match="ValueError: no such flight"):
                await sfo.upload(bad)
        assert (await sfo.summary(pb.SummaryRequest())).flights == 1
        assert len(await sfo.late(pb.LateRequest())) == 1


async def test_the_state_is_stored_and_comes_back(tmp_path: Path) -> None:
    async with Engine(tmp_path / "data", actors=[Airports]) as engine:
        await AirportsReference(engine, "SFO").landed(landing(3, "LH 454"))
    async with Engine(tmp_path / "data", actors=[Airports]) as engine:
        sfo = AirportsReference(engine, "SFO")
        assert await sfo.late(pb.LateRequest()) == [pb.Flight(number="LH 454", delay=3)]
        assert (await sfo.landed(landing())).flights == 2


async def test_a_turn_from_which_others_are_asked_and_told() -> None:
    async with Engine(actors=[Hub]) as engine:
        hub, other = AirportsReference(engine, "FRA"), AirportsReference(engine, "JFK")
        with pytest.raises(HandlerFailed, match="sent back"):
            await hub.landed(landing(-1, "JFK"))
        assert (await other.summary(pb.SummaryRequest())).note == "awake"
        assert (await hub.landed(landing(0, "JFK"))).flights == 7
        await until(lambda: _has(other, pb.SummaryResponse(note="from FRA")))
        with pytest.raises(HandlerFailed, match=Deadlock.__name__):
            await hub.landed(landing(1, "FRA"))


async def test_handlers_have_every_form_that_python_has() -> None:
    async with Engine(actors=[Hub]) as engine:
        hub = AirportsReference(engine, "FRA")
        assert (await hub.summary(pb.SummaryRequest())).note == "awake"
        assert [flight.number for flight in await hub.late(pb.LateRequest())] == ["a", "b"]
        assert [reply.flights for reply in await hub.follow(landing())] == [1, 2]


async def test_messages_are_reached_by_name_too() -> None:
    async with Engine(actors=[Airports]) as engine:
        sfo = engine.actor("airports", "SFO")
        assert await sfo.ask("landed", landing(2)) == pb.LandedResponse(flights=1, mean_delay=2.0)
        assert (await sfo.ask("landed", landing(airport="SFO").SerializeToString())).flights == 2
        await engine.tell(sfo.method("landed"), landing())
        await until(lambda: _has(AirportsReference(engine, "SFO"), pb.SummaryResponse(flights=3)))


async def test_bytes_that_are_no_such_message_are_refused() -> None:
    async with Engine(actors=[Airports]) as engine:
        sfo = engine.actor("airports", "SFO")
        with pytest.raises(InvalidPayload, match=r"airports\.landed: no flights\.v1\.LandedRequest"):
            await sfo.ask("landed", b"\xff\xff")
        for cut in (b"\x05\0\0\0abc", b"\x05\0", b""):
            with pytest.raises(InvalidPayload, match=r"airports\.upload"):
                await sfo.ask("upload", cut)
        with pytest.raises(TypeError, match=r"a flights\.v1\.LandedRequest is needed, this is a flights\.v1\.Flight"):
            await sfo.ask("landed", pb.Flight())


OLDER = proto.Kind("airports", service=AIRPORTS.service, state=pb.ClearRequest)
_OLDER_CLEAR = OLDER.unary("clear", pb.ClearRequest, None, key="airport")


class Older(proto.Actor[pb.ClearRequest], of=OLDER):
    """A release that knows another state: nothing of an airport's fits it but what it writes itself."""

    def clear(self, ctx: Context, request: pb.ClearRequest, /) -> None:
        self.state.airport = "changed by a release that knows less"


class OlderReference(proto.Reference[str], of=OLDER):
    async def clear(self) -> None:
        await self._ask(_OLDER_CLEAR, pb.ClearRequest())


async def test_fields_that_a_release_does_not_know_are_kept_through_its_changes(tmp_path: Path) -> None:
    async with Engine(tmp_path, actors=[Airports]) as engine:
        await AirportsReference(engine, "SFO").upload([landing(12), landing(3)])
    async with Engine(tmp_path, actors=[Older]) as engine:
        await OlderReference(engine, "SFO").clear()
    async with Engine(tmp_path, actors=[Airports]) as engine:
        sfo = AirportsReference(engine, "SFO")
        assert (await sfo.summary(pb.SummaryRequest())).flights == 2
        assert len(await sfo.late(pb.LateRequest())) == 2
