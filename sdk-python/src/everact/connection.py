"""Reach engines elsewhere: a connection has the references, asks, tells and errors of an engine in this process."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Generator, Iterable
from typing import TYPE_CHECKING, Any

from everact._core import Core, Opening
from everact._home import Home
from everact._host import Host
from everact._kinds import Declared, KindTable, kind_tables
from everact.actor import Actor
from everact.options import Options

if TYPE_CHECKING:
    from typing_extensions import Self

_RUNS_MAX = 256


class Connection(Host):
    """The way to engines elsewhere; `connect` makes one.

    Their actors run there: of the classes given here only the declarations are used.
    """

    _what = "connection"

    def __init__(self, kinds: list[KindTable], settings: dict[str, Any], home: Home) -> None:
        """Made by `connect`."""
        super().__init__(kinds, settings, home)

    async def open(self) -> Self:
        """Connects, and waits until one of the addresses has answered.

        Raises `Unreachable` where none does within the connect timeout, `Unauthenticated` where an engine wants other
        credentials, and `InvalidConfiguration`.
        """
        return await super().open()

    def __await__(self) -> Generator[Any, None, Self]:
        """Opens: `connection = await everact.connect(...)`."""
        return self.open().__await__()

    async def _start(self, configuration: bytes, bell: int) -> Core:
        opening = Opening(configuration, bell)
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(None, opening.run)
        return opening.core(loop)

    def _take_runs_max(self, settings: dict[str, Any]) -> int:
        return _RUNS_MAX


def connect(
    addresses: str | Iterable[str],
    *,
    actors: Iterable[type[Actor] | Declared],
    token: str | None = None,
    authority_file: str | os.PathLike[str] | None = None,
    certificate_file: str | os.PathLike[str] | None = None,
    key_file: str | os.PathLike[str] | None = None,
    server_name: str | None = None,
    connect_timeout_ms: int | None = None,
    keepalive_ms: int | None = None,
    retry_first_ms: int | None = None,
    retry_most_ms: int | None = None,
    options: Options | None = None,
) -> Connection:
    """A connection to engines elsewhere, to be opened by `async with` or `await`.

        async with everact.connect("https://flights.example:8443", actors=[Airport]) as connection:
            print(await connection.actor(Airport, "SFO").landed(12))

    Parameters:
        addresses: where they listen, `http://` or `https://` with host and port; asks spread over several.
        actors: the kinds to reach: actor classes, or generated declarations.
        token: what proves who asks, sent as a bearer token.
        authority_file: certificates (PEM) that the engines' own must come from; else the system's.
        certificate_file: a certificate (PEM) to show, with its key, where the engines want one.
        key_file: the certificate's key (PEM).
        server_name: the name in the engines' certificate, where the address has another.
        connect_timeout_ms: how long to wait for the first answer (5,000).
        keepalive_ms: how often a quiet connection is tried (20,000).
        retry_first_ms: the first pause before connecting again; each is longer than the one before (50).
        retry_most_ms: the longest of these pauses (5,000).
        options: of an engine's settings `ask_timeout_ms`, `pending_asks_max` and `message_bytes_max` count here.
    """
    given = {
        "addresses": [addresses] if isinstance(addresses, str) else list(addresses),
        "token": token,
        "authority_file": _path(authority_file),
        "certificate_file": _path(certificate_file),
        "key_file": _path(key_file),
        "server_name": server_name,
        "connect_timeout_ms": connect_timeout_ms,
        "keepalive_ms": keepalive_ms,
        "retry_first_ms": retry_first_ms,
        "retry_most_ms": retry_most_ms,
    }
    settings = (options or Options()).given()
    settings["connect"] = {name: value for name, value in given.items() if value is not None}
    home = Home()
    return Connection(kind_tables(actors, runs=False, home=home), settings, home)


def _path(file: str | os.PathLike[str] | None) -> str | None:
    return None if file is None else os.fspath(file)
