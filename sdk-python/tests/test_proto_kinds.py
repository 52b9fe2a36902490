"""Generated declarations: what the core is told, what is refused, and what a state costs."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import pytest
from airports import PARTS, Airports, Parts, PartsReference, landing
from flights.v1 import airports_pb2 as pb
from flights.v1.airports_everact import AIRPORTS, AirportsActor, AirportsClient, AirportsReference
from google.protobuf import descriptor_pb2
from parts.v1 import parts_pb2

from everact import Context, DuplicateKind, Engine, HandlerFailed, InvalidDeclaration, UnknownKind, proto
from everact._kinds import kind_tables
from everact.v1 import options_pb2


def kind_of(name: str = "odd") -> proto.Kind[pb.AirportState]:
    return proto.Kind(name, service=pb.DESCRIPTOR.services_by_name["Airports"], state=pb.AirportState)


ODD: Final = kind_of()


class Odd(proto.Actor[pb.AirportState], of=ODD):
    """A handler that answers what it should not, and one that spoils its state."""

    def landed(self, ctx: Context, request: pb.LandedRequest) -> Any:
        return pb.Flight()

    def note(self, ctx: Context, request: pb.NoteRequest) -> None:
        self.state = pb.Flight()  # type: ignore[assignment]

    def clear(self, ctx: Context, request: pb.ClearRequest) -> None:
        self.state = pb.AirportState(note="another")


LANDED: Final = ODD.unary("landed", pb.LandedRequest, pb.LandedResponse, key="airport")
NOTE: Final = ODD.unary("note", pb.NoteRequest, None, key="airport")
CLEAR: Final = ODD.unary("clear", pb.ClearRequest, None, key="airport", reentrant=True)


def test_the_example_is_that_of_the_contract_page() -> None:
    folder = Path(__file__).parent
    page = (folder / "../../docs/reference/contract.md").read_text()
    corpus = folder / "../../core/codegen/tests/corpus/flights/v1"
    for name, place in (("airports.proto", corpus), ("airports_everact.py", folder / "contract/flights/v1")):
        found = re.search(rf"<!-- generated: {re.escape(name)} -->\n```\w+\n(.*?)```", page, re.DOTALL)
        assert found is not None
        assert (place / name).read_text() == found[1]


def test_the_core_is_told_of_the_service_and_its_handlers() -> None:
    airports, parts = (table.declaration() for table in kind_tables([Airports, Parts]))
    assert (airports["name"], airports["codec"], airports["service"]) == ("airports", "protobuf", "flights.v1.Airports")
    assert (airports["durable"], airports["idle_timeout_ms"]) == (True, 60_000)
    assert [handler["name"] for handler in airports["handlers"] if handler["read_only"]] == ["summary", "late"]
    assert (parts["durable"], parts["mailbox_capacity_messages"], parts["overflow"]) == (False, 50, "wait")
    assert [handler["name"] for handler in parts["handlers"] if handler["idempotent"]] == ["take"]


def test_descriptors_come_after_what_they_import_and_keep_their_options() -> None:
    found = AIRPORTS.descriptors()
    names = list(found)
    assert set(names) == {
        "google/protobuf/descriptor.proto",
        "google/protobuf/duration.proto",
        "google/protobuf/empty.proto",
        "everact/v1/options.proto",
        "flights/v1/airports.proto",
    }
    files = {name: descriptor_pb2.FileDescriptorProto.FromString(file) for name, file in found.items()}
    for name, file in files.items():
        assert all(names.index(other) < names.index(name) for other in file.dependency)
    (service,) = files["flights/v1/airports.proto"].service
    actor: Any = options_pb2.actor  # its own type is less than protobuf's stubs want
    assert service.options.Extensions[actor].state == "AirportState"


async def test_an_engine_takes_both_sorts_of_classes_and_every_file_once() -> None:
    async with Engine(actors=[Airports, Parts]) as engine:
        assert (await AirportsReference(engine, "SFO").landed(landing())).flights == 1
        assert (await PartsReference(engine, 1).take(parts_pb2.TakeRequest(pieces=1))).pieces == 1


def test_what_cannot_be_an_actor_is_refused() -> None:
    class Half(AirportsActor):
        def note(self, ctx: Context, request: pb.NoteRequest) -> None: ...

    class Bare(proto.Actor[pb.AirportState]): ...

    for actor, told in (
        (Half, "Half does not implement clear, follow, landed, late, summary, upload"),
        (AirportsActor, "AirportsActor does not implement"),
        (AIRPORTS, "airports: it needs an actor's class"),
        (Bare, "Bare extends no generated actor"),
    ):
        with pytest.raises(InvalidDeclaration, match=told):
            Engine(actors=[actor])
    with pytest.raises(DuplicateKind, match="airports is declared by Airports and Airports"):
        Engine(actors=[Airports, Airports])


def test_what_the_descriptors_do_not_have_is_refused() -> None:
    for key, told in (("gate", r"LandedRequest has no field gate"), ("flight", r"flight is no key")):
        kind = kind_of()
        kind.unary("landed", pb.LandedRequest, pb.LandedResponse, key=key)
        made = type("Made", (proto.Actor,), {"landed": lambda *_: None}, of=kind)
        with pytest.raises(InvalidDeclaration, match=told):
            Engine(actors=[made])
    twice = kind_of("twice")
    for _ in range(2):
        twice.unary("landed", pb.LandedRequest, pb.LandedResponse, key="airport")
    with pytest.raises(InvalidDeclaration, match="two handlers have the same name"):
        kind_tables([twice], runs=False)


async def test_a_kind_that_is_not_here_is_unknown() -> None:
    async with Engine(actors=[Parts]) as engine:
        for reach in (lambda: AirportsReference(engine, "SFO"), lambda: AirportsClient(engine)):
            with pytest.raises(UnknownKind, match="no kind airports is registered here"):
                reach()
    assert repr(PARTS) == "<kind parts (parts.v1.Parts)>"


class OddReference(proto.Reference[str], of=ODD):
    """What generated code would be."""

    async def landed(self) -> pb.LandedResponse:
        return await self._ask(LANDED, pb.LandedRequest())

    async def note(self) -> None:
        await self._ask(NOTE, pb.NoteRequest())

    async def clear(self) -> None:
        await self._ask(CLEAR, pb.ClearRequest())


async def test_a_reply_or_a_state_of_another_message_fails_the_turn() -> None:
    async with Engine(actors=[Odd]) as engine:
        odd = OddReference(engine, "a")
        with pytest.raises(HandlerFailed, match=r"odd\.landed, its reply: a flights\.v1\.LandedResponse is needed"):
            await odd.landed()
        with pytest.raises(HandlerFailed, match=r"odd: the state is a flights\.v1\.AirportState, not a Flight"):
            await odd.note()
        await odd.clear()
        await odd.with_options(deadline_ms=1_000).clear()


async def test_a_state_that_changes_for_long_does_not_grow() -> None:
    async with Engine(actors=[Airports]) as engine:
        sfo, made = AirportsReference(engine, "SFO"), set()
        for number in range(400):
            await sfo.note(pb.NoteRequest(text=f"{number}" * 10_000))
            made.add(id(_state_of(engine)))
        assert len(made) > 1


def _state_of(engine: Engine) -> pb.AirportState:
    (held,) = engine._open_lane().activations.values()
    state: pb.AirportState = held.actor.state
    return state


def test_a_program_without_generated_code_needs_no_protobuf() -> None:
    program = "import everact, sys; sys.exit(any(name.startswith('google') for name in sys.modules))"
    subprocess.run([sys.executable, "-c", program], check=True)
