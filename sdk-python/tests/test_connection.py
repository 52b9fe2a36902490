"""Connections, as far as one end shows them."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import time
from collections.abc import Iterator
from typing import Any

import pytest
from actors import Counter
from airports import Airports
from flights.v1.airports_everact import AIRPORTS, AirportsReference

import everact
from everact import Closed, Connection, InvalidConfiguration, Unreachable


@contextlib.contextmanager
def silent_port() -> Iterator[str]:
    """The address of a port that takes connections and says nothing."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"


def closed_port() -> str:
    """The address of a port where nobody listens."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{bound.getsockname()[1]}"


async def test_an_address_where_nobody_listens_is_unreachable() -> None:
    address = closed_port()
    with pytest.raises(Unreachable, match=address.removeprefix("http://")):
        await everact.connect(address, actors=[Counter], connect_timeout_ms=300)
    with pytest.raises(Unreachable):
        async with everact.connect([address, closed_port()], actors=[Counter], connect_timeout_ms=300):
            pass


async def test_the_loop_goes_on_while_a_connection_is_tried() -> None:
    rounds = 0

    async def tick() -> None:
        nonlocal rounds
        while True:
            await asyncio.sleep(0.01)
            rounds += 1

    ticking = asyncio.ensure_future(tick())
    with silent_port() as address, pytest.raises(Unreachable):
        await everact.connect(address, actors=[Counter], connect_timeout_ms=500)
    ticking.cancel()
    assert rounds > 5


async def test_a_try_may_be_cancelled() -> None:
    with silent_port() as address:
        began = time.monotonic()
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(everact.connect(address, actors=[Counter], connect_timeout_ms=2_000).open(), 0.1)
        assert time.monotonic() - began < 1


async def test_settings_are_checked() -> None:
    wrong: list[dict[str, Any]] = [
        {"addresses": []},
        {"addresses": "ftp://127.0.0.1:8080"},
        {"addresses": "https://127.0.0.1:1", "authority_file": "/nowhere"},
        {"addresses": "https://127.0.0.1:1", "certificate_file": "/nowhere"},
    ]
    for settings in wrong:
        with pytest.raises(InvalidConfiguration, match="connect: "):
            await everact.connect(**settings, actors=[Counter])


async def test_declarations_are_enough_for_a_connection_and_nothing_goes_before_it_is_open() -> None:
    for actors in ([Airports], [AIRPORTS], [Counter, AIRPORTS]):
        connection: Connection = everact.connect(closed_port(), actors=actors, connect_timeout_ms=200)  # type: ignore[arg-type]
        with pytest.raises(Closed, match="the connection has not been opened"):
            AirportsReference(connection, "SFO")
        await connection.close()
