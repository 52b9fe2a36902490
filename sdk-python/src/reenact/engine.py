"""Open, use and close an engine: the core in this process, its data folder, and the kinds it knows.

An engine belongs to the event loop that opened it. It works on any loop that can watch a file descriptor, asyncio's own
and uvloop among them.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from collections.abc import Callable, Coroutine, Iterable
from types import TracebackType
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar, overload

import msgspec

from reenact import _core
from reenact._core import Core
from reenact._kinds import KindTable, kind_tables
from reenact._lane import Lane
from reenact.actor import Actor
from reenact.errors import Closed, InvalidConfiguration
from reenact.options import Options
from reenact.reference import Reference

if TYPE_CHECKING:
    from typing_extensions import Self

A = TypeVar("A", bound=Actor)
P = ParamSpec("P")

_CLOSE_GRACE_S = 1.0
_RUNS_MAX = 256
_CORE_RUNS_MAX = 0xFFFF_FFFF

os.register_at_fork(after_in_child=_core.forked)


class Engine:
    """Durable actors in this process.

    async with Engine("flights-data", actors=[Airport]) as engine:
        print(await engine.actor(Airport, "SFO").landed(12))
    """

    def __init__(
        self,
        data: str | os.PathLike[str] | None = None,
        *,
        actors: Iterable[type[Actor]],
        options: Options | None = None,
    ) -> None:
        """Reads the declarations; nothing is opened yet.

        Parameters:
            data: the data folder, made where it is missing; None takes `REENACT_DATA`, or else memory.
            actors: the kinds of this engine.
            options: settings; the environment and the defaults fill what is left open.

        Raises `InvalidDeclaration` or `DuplicateKind` where a class cannot be used.
        """
        self._kinds: list[KindTable] = kind_tables(actors)
        self._settings: dict[str, Any] = (options or Options()).given()
        if data is not None:
            self._settings["data"] = os.fspath(data)
        self._lane: Lane | None = None
        self._bell: _Bell | None = None
        self._is_closing = False

    @classmethod
    def in_memory(cls, *, actors: Iterable[type[Actor]], options: Options | None = None) -> Self:
        """An engine without a data folder: nothing outlives it, whatever the environment says."""
        made = cls(actors=actors, options=options)
        made._settings["data"] = None
        return made

    async def open(self) -> Self:
        """Opens the data folder and takes its lock.

        Raises `DataLocked` where another engine holds the folder, `InvalidConfiguration`, `UnsupportedFormat` or
        `Corrupted`.
        """
        if self._lane is not None:
            raise InvalidConfiguration("this engine has been opened before; make a new one")
        loop = asyncio.get_running_loop()
        settings = {**self._settings, "lane": "loop", "kinds": [table.declaration() for table in self._kinds]}
        runs_max = _take_runs_max(settings)
        bell = _Bell()
        try:
            core = Core.open(msgspec.json.encode(settings), bell.to_core)
        except BaseException:
            bell.close()
            raise
        self._bell = bell
        self._lane = lane = Lane(core, self._kinds, loop, runs_max)
        loop.add_reader(bell.to_loop, _ringer(bell, lane))
        return self

    async def close(self, deadline_ms: int = 10_000) -> None:
        """Refuses new asks, lets what is under way finish, and lets go of the folder.

        After the deadline what is left is abandoned and its callers get `Closed`. Closing twice does nothing.
        """
        lane, bell = self._lane, self._bell
        if lane is None or bell is None or self._is_closing:
            return
        self._is_closing = True
        try:
            lane.core.close(deadline_ms)
            await asyncio.wait({lane.closed}, timeout=deadline_ms / 1000 + _CLOSE_GRACE_S)
        finally:
            lane.loop.remove_reader(bell.to_loop)
            lane.abandon()
            lane.core.free()
            bell.close()

    async def __aenter__(self) -> Self:
        """Opens."""
        return await self.open()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Closes."""
        await self.close()

    @overload
    def actor(self, kind: type[A], key: str) -> A: ...
    @overload
    def actor(self, kind: str, key: str) -> Reference: ...
    def actor(self, kind: type[Actor] | str, key: str) -> Any:
        """A reference to the actor of this kind and key; making one costs nothing and touches nothing.

        By class it has the type of the actor, so that a type checker knows its handlers; by name it is a `Reference`.
        Raises `UnknownKind`.
        """
        lane = self._lane or self._open_lane()
        found = lane.by_actor.get(kind)
        return lane.reference(kind, key) if found is None else found(key)

    async def tell(self, method: Callable[P, Coroutine[Any, Any, Any]], /, *args: P.args, **kwargs: P.kwargs) -> None:
        """Sends a message without waiting for its turn: `await engine.tell(engine.actor(Airport, "SFO").landed, 12)`.

        Returns when the mailbox has accepted it.
        """
        target, table, payload = self._open_lane().message_of(method, args, kwargs)
        await target._submit(table, payload, tell=True)

    def stats(self) -> dict[str, Any]:
        """Figures about the engine: activations, open asks, turns, commits."""
        found: dict[str, Any] = msgspec.json.decode(self._open_lane().core.describe("stats"))
        return found

    async def backup(self, folder: str | os.PathLike[str]) -> None:
        """Copies the data into a folder while work goes on."""
        lane = self._open_lane()
        await lane.loop.run_in_executor(None, lane.core.backup, os.fspath(folder))

    def _open_lane(self) -> Lane:
        if self._lane is None:
            raise Closed("the engine has not been opened: use `async with Engine(...)` or `await engine.open()`")
        return self._lane


async def restore(source: str | os.PathLike[str], folder: str | os.PathLike[str]) -> None:
    """Makes a data folder from a backup. The folder must not exist or be empty."""
    loop = asyncio.get_running_loop()
    await loop.run_in_executor(None, _core.restore, os.fspath(source), os.fspath(folder))


def _take_runs_max(settings: dict[str, Any]) -> int:
    """How many asks in a row may keep the loop. The lane sees to it, so the core need not send turns by the bell."""
    given = settings.get("caller_runs_max", os.environ.get("REENACT_CALLER_RUNS_MAX", _RUNS_MAX))
    try:
        runs_max = int(given)
    except ValueError:
        return _RUNS_MAX  # the core names the variable in its error
    settings["caller_runs_max"] = _CORE_RUNS_MAX
    return runs_max


class _Bell:
    """A file descriptor that the core writes to and the loop watches: an eventfd, or a pair of sockets elsewhere."""

    def __init__(self) -> None:
        self._sockets: tuple[socket.socket, socket.socket] | None = None
        if hasattr(os, "eventfd"):
            self.to_loop = self.to_core = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        else:
            self._sockets = near, far = socket.socketpair()
            near.setblocking(False)
            far.setblocking(False)
            self.to_loop, self.to_core = near.fileno(), far.fileno()

    def hush(self) -> None:
        """Takes the ring back, so that the next one is noticed."""
        with contextlib.suppress(BlockingIOError):
            os.read(self.to_loop, 4096)

    def close(self) -> None:
        if self._sockets is None:
            os.close(self.to_loop)
        else:
            for end in self._sockets:
                end.close()


def _ringer(bell: _Bell, lane: Lane) -> Callable[[], None]:
    def ringing() -> None:
        bell.hush()
        lane.take(lane.core.poll())

    return ringing
