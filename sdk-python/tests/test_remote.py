"""Connections to an engine in another process: the same references, the same answers, the same errors."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from actors import Counter, Link, Scratch, until
from airports import PARTS, PartsClient, PartsReference, landing
from flights.v1 import airports_pb2 as pb
from flights.v1.airports_everact import AIRPORTS, AirportsClient, AirportsReference
from parts.v1 import parts_pb2
from test_metadata import Porter

import everact
from everact import (
    ConnectionLost,
    DeadlineExceeded,
    Engine,
    HandlerFailed,
    InvalidPayload,
    Options,
    UnknownKind,
)

SERVING = Path(__file__).with_name("serving.py")


@contextmanager
def serving(data: Path, listen: str = "127.0.0.1:0") -> Iterator[str]:
    """The address of an engine in a process of its own."""
    command = [sys.executable, str(SERVING), str(data), listen]
    places = [str(SERVING.parent), str(SERVING.parent / "contract"), *filter(None, [os.environ.get("PYTHONPATH")])]
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(places)},
    ) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.kill()


async def test_asks_tells_and_errors_are_those_of_an_engine(tmp_path: Path) -> None:
    with serving(tmp_path / "data") as address:
        async with everact.connect(f"http://{address}", actors=[Counter, Scratch, Link]) as connection:
            counter = connection.actor(Counter, "a")
            assert await counter.add(1) == 1
            assert await connection.actor("counter", "a").ask("add", 2) == 3
            await connection.tell(counter.add, 4)
            await until(lambda: _is(counter, 7))
            assert await connection.actor(Link, "a").visit(["b", "c"]) == ["a", "b", "c"]
            with pytest.raises(HandlerFailed, match="ValueError: boom"):
                await counter.add_then_fail(1)
            with pytest.raises(InvalidPayload, match="amount"):
                await counter.add("one")  # type: ignore[arg-type]
            assert (
                await asyncio.gather(*(connection.actor(Scratch, str(key)).add(1) for key in range(200))) == [1] * 200
            )


async def _is(counter: Counter, value: int) -> bool:
    return await counter.get() == value


async def test_generated_references_and_clients_work_over_a_connection(tmp_path: Path) -> None:
    with serving(tmp_path / "carrier") as address:
        async with everact.connect(f"http://{address}", actors=[AIRPORTS, PARTS]) as connection:
            beside: dict[str, str | bytes] = {}
            sfo = AirportsReference(connection, "SFO").with_options(metadata={"gate": "B4"}, reply_metadata=beside)
            assert (await sfo.landed(landing(12, "LH 454"))).flights == 1
            assert beside["gate"] == "'B4'!"
            assert (await sfo.upload(landing(delay) for delay in (1, 2))).flights == 3
            assert [flight.delay for flight in await sfo.late(pb.LateRequest())] == [12, 1, 2]
            assert [reply.flights for reply in await sfo.follow(landing())] == [4]
            await sfo.tell_landed(landing())
            await sfo.clear(pb.ClearRequest())
            assert (await AirportsClient(connection).landed(landing(airport="SFO"))).flights == 1
            assert (await PartsReference(connection, 7).take(parts_pb2.TakeRequest(pieces=2))).pieces == 2
            assert (await PartsClient(connection).take(parts_pb2.TakeRequest(part=7, pieces=2))).pieces == 4


async def test_metadata_and_marks_travel(tmp_path: Path) -> None:
    with serving(tmp_path / "data") as address:
        async with everact.connect(f"http://{address}", actors=[Porter]) as connection:
            porter, beside = connection.actor(Porter, "a"), dict[str, str | bytes]()
            sent: dict[str, str | bytes] = {"trace": "1", "x-bin": b"\0\xff"}
            assert await porter.with_options(metadata=sent, reply_metadata=beside).carry(2) == 2
            assert (beside["re-trace"], beside["re-x-bin"]) == ("1", b"\0\xff")
            once = porter.with_options(idempotency_key="k")
            assert await once.carry(5) == await once.carry(5) == 7


async def test_deadlines_and_cancellation_travel(tmp_path: Path) -> None:
    with serving(tmp_path / "data") as address:
        async with everact.connect(f"http://{address}", actors=[Porter]) as connection:
            porter = connection.actor(Porter, "a")
            with pytest.raises(DeadlineExceeded):
                await porter.with_options(deadline_ms=300).rest(60)
            with pytest.raises(asyncio.TimeoutError):
                await asyncio.wait_for(porter.rest(60), 0.3)
            assert await porter.carry(1) == 1  # both rests were ended


async def test_a_kind_that_the_engine_does_not_have_is_unknown(tmp_path: Path) -> None:
    async with Engine(actors=[Counter], listen="127.0.0.1:0", options=Options(gateway={"serve": "all"})) as engine:
        assert engine.address is not None
        async with everact.connect(f"http://{engine.address}", actors=[Porter, Counter]) as connection:
            with pytest.raises(UnknownKind):
                await connection.actor(Porter, "a").carry(1)
            assert await connection.actor(Counter, "a").add(1) == 1
    async with Engine(actors=[Counter]) as engine:
        assert engine.address is None


async def test_a_lost_connection_is_told_and_made_again(tmp_path: Path) -> None:
    with serving(tmp_path / "data") as address:
        connection = await everact.connect(f"http://{address}", actors=[Counter], retry_most_ms=100)
        counter = connection.actor(Counter, "a")
        assert await counter.add(1) == 1
    with pytest.raises((ConnectionLost, everact.Unreachable)):
        await counter.with_options(deadline_ms=5_000).add(1)
    with serving(tmp_path / "data", address):
        assert await counter.with_options(idempotency_key="again", deadline_ms=10_000).add(1) == 2
    await connection.close()
