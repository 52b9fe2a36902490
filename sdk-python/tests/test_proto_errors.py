"""Errors that a .proto declares: the class with its message at the caller, here, over a connection and over HTTP."""

from __future__ import annotations

import asyncio
import json
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from airports import Airports, landing
from flights.v1 import airports_pb2 as pb
from flights.v1.airports_everact import AIRPORTS, AirportClosedError, AirportsReference
from typing_extensions import assert_type

from everact import ApplicationError, Connection, Engine, connect
from everact.application import error_of, outcome_of

CLOSED = pb.AirportClosed(airport="SFO", minutes=2**53 + 1, waiting=[pb.Flight(number="F7", delay=7)])


async def refused(scope: Engine | Connection) -> AirportClosedError:
    sfo = AirportsReference(scope, "SFO")
    await sfo.landed(landing(7, "F7"))
    with pytest.raises(AirportClosedError, match="closed for the night") as caught:
        await sfo.landed(landing(0, "closed"))
    assert (await sfo.summary(pb.SummaryRequest())).flights == 1, "the turn was discarded"
    return caught.value


async def test_a_declared_error_arrives_as_its_class_with_its_message() -> None:
    async with Engine(actors=[Airports]) as engine:
        error = await refused(engine)
        assert_type(error.detail, pb.AirportClosed)
        assert error.detail == CLOSED
        assert (error.type, error.status, error.grpc) == ("airport_closed", 422, "FAILED_PRECONDITION")
        assert error.details["minutes"] == str(2**53 + 1), "as proto3 JSON has it"
        assert isinstance(error, ApplicationError)


async def test_a_declared_error_goes_over_a_connection(tmp_path: Path) -> None:
    serving = Engine(tmp_path, actors=[Airports], listen="127.0.0.1:0")
    async with serving as engine, connect(f"http://{engine.address}", actors=[AIRPORTS]) as there:
        assert (await refused(there)).detail == CLOSED


async def test_a_declared_error_is_a_problem_over_http() -> None:
    async with Engine(actors=[Airports], listen="127.0.0.1:0") as engine:
        body = json.dumps({"airport": "SFO", "flight": {"number": "closed"}}).encode()
        url = f"http://{engine.address}/flights.v1.Airports/Landed"
        request = urllib.request.Request(url, body, {"content-type": "application/json"})
        with pytest.raises(urllib.error.HTTPError) as caught:
            await asyncio.to_thread(urllib.request.urlopen, request)
        problem = json.loads(caught.value.read())
        assert (caught.value.code, problem["type"], problem["airport"]) == (422, "airport_closed", "SFO")


def test_fields_of_a_later_release_are_passed_over_and_others_give_the_base_class() -> None:
    text = outcome_of(AirportClosedError("closed", CLOSED))[1].decode()
    newer = json.loads(text)
    newer["details"]["lights"] = "out"
    read = error_of(json.dumps(newer))
    assert isinstance(read, AirportClosedError)
    assert read.detail == CLOSED
    other = error_of(json.dumps({**newer, "details": {"minutes": "many"}}))
    assert type(other) is ApplicationError
    assert other.details == {"minutes": "many"}


def test_an_error_takes_its_own_message_only_and_keeps_a_copy() -> None:
    with pytest.raises(TypeError, match=r"a flights\.v1\.AirportClosed is needed, this is a Flight"):
        AirportClosedError("closed", pb.Flight())  # type: ignore[arg-type]
    given = pb.AirportClosed(airport="SFO")
    error = AirportClosedError("closed", given)
    given.airport = "LAX"
    assert error.detail.airport == "SFO"
