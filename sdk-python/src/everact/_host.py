"""What an engine and a connection share: a lane on the event loop that opened them, its bell, and references."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import os
import socket
from abc import ABC, abstractmethod
from collections.abc import Callable, Coroutine
from types import TracebackType
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar, overload

import msgspec

from everact import dead_letters
from everact._home import Home
from everact._kinds import KindTable
from everact._lane import Lane
from everact.actor import Actor
from everact.codec import ABSENT
from everact.dead_letters import DeadLetter
from everact.errors import Closed, InvalidArgument, InvalidConfiguration
from everact.producer import Producer
from everact.reference import Reference

if TYPE_CHECKING:
    from typing_extensions import Self

    from everact._core import Core
    from everact.context import Context

A = TypeVar("A", bound=Actor)
P = ParamSpec("P")

_CLOSE_GRACE_S = 1.0
MESSAGE_BYTES_MAX = 16 * 1024 * 1024
"""The core's default."""


class Host(ABC):
    """The lane's owner. What runs the actors, here or elsewhere, is for subclasses to know."""

    _what = "engine"

    def __init__(self, kinds: list[KindTable], settings: dict[str, Any], home: Home) -> None:
        """Nothing is opened yet."""
        self._kinds = kinds
        self._home = home
        self._settings = settings
        self._lane: Lane | None = None
        self._bell: _Bell | None = None
        self._end: asyncio.Future[None] | None = None
        """What every `close` waits for; there from the first one on."""

    async def open(self) -> Self:
        """Opens; `async with` does it too."""
        if self._lane is not None:
            raise InvalidConfiguration(f"this {self._what} has been opened before; make a new one")
        loop = asyncio.get_running_loop()
        settings = {**self._settings, "lane": "loop", "kinds": [table.declaration() for table in self._kinds]}
        described = {name: file for table in self._kinds for name, file in table.descriptors().items()}
        if described:
            settings["descriptors"] = [base64.b64encode(file).decode() for file in described.values()]
        runs_max = self._take_runs_max(settings)
        bell = _Bell()
        try:
            core = await self._start(msgspec.json.encode(settings), bell.to_core)
        except BaseException:
            bell.close()
            raise
        self._bell = bell
        self._lane = lane = Lane(core, self._kinds, self._home, loop, runs_max, _bytes_max(settings))
        self._home.lane = lane
        loop.add_reader(bell.to_loop, _ringer(bell, lane))
        self._opened(lane)
        return self

    def _opened(self, lane: Lane) -> None:  # noqa: B027 (an engine has something to do then, a connection nothing)
        """There is a lane now."""

    @abstractmethod
    def _take_runs_max(self, settings: dict[str, Any]) -> int:
        """How many asks in a row may keep the loop."""

    @abstractmethod
    async def _start(self, configuration: bytes, bell: int) -> Core:
        """The core for a configuration."""

    async def close(self, deadline_ms: int = 10_000) -> None:
        """Refuses new asks and lets what is under way finish.

        After the deadline what is left is abandoned and its callers get `Closed`. A second call waits for the first.
        """
        lane, bell = self._lane, self._bell
        if lane is None or bell is None or (self._end is not None and self._end.done()):
            return
        if asyncio.get_running_loop() is not lane.loop:
            raise InvalidArgument(f"the {self._what} belongs to another event loop: close it there")
        if self._end is not None:
            await asyncio.wait({self._end})
            return
        self._end = lane.loop.create_future()
        try:
            await self._finish(lane, bell, deadline_ms)
        finally:
            self._end.set_result(None)

    async def _finish(self, lane: Lane, bell: _Bell, deadline_ms: int) -> None:
        try:
            lane.core.close(deadline_ms)
            await asyncio.wait({lane.closed}, timeout=deadline_ms / 1000 + _CLOSE_GRACE_S)
        finally:
            lane.loop.remove_reader(bell.to_loop)
            lane.abandon(self._what)
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

    async def dead_letters(self, kind: str | None = None, key: str | None = None) -> list[DeadLetter]:
        """Told messages whose handler failed for good, oldest first, without their payloads.

        Parameters:
            kind, key: of the receivers; all where they are None.
        """
        return await dead_letters.letters(self._open_lane(), kind, key)

    async def dead_letter(self, number: int) -> DeadLetter:
        """One dead letter with its message. Raises `InvalidArgument` where there is none of this number."""
        return await dead_letters.letter(self._open_lane(), number)

    async def retry_dead_letter(self, letter: DeadLetter | int, message: Any = ABSENT) -> None:
        """Sends a dead letter again, as one that was not tried; with `message` in place of the old one."""
        await dead_letters.retry(self._open_lane(), letter, message)

    async def drop_dead_letter(self, letter: DeadLetter | int) -> None:
        """Takes a dead letter away; messages that wait behind it go on."""
        number = letter if isinstance(letter, int) else letter.id
        await dead_letters.decide(self._open_lane(), "dead_drop", id=number)

    async def describe(self, topic: str, **members: Any) -> dict[str, Any]:
        """Looks at what runs, and acts on it: `await engine.describe("top", by="mailbox")`, as the command does.

        Parameters:
            topic: a row of "Topics of `describe`" (docs/reference/boundary.md) that is an object: `actors`, `inspect`,
                `top`, `tree`, `crashes`, `trace_start`, `suspend` and more.
            members: its members; None leaves one out.

        Raises `InvalidArgument` for what the topic does not take, `NoProcess` where there is none.
        """
        found: dict[str, Any] = msgspec.json.decode(await dead_letters.decide(self._open_lane(), topic, **members))
        return found

    def producer(self, name: str) -> Producer:
        """The sender of a stream whose messages are applied once each; see `Producer.ingest`."""
        return Producer(self._open_lane(), name)

    def _reach(self) -> tuple[Lane, Context | None]:
        return self._open_lane(), None

    def _open_lane(self) -> Lane:
        if self._lane is None:
            raise Closed(f"the {self._what} has not been opened: use `async with`, or `await` its `open()`")
        return self._lane


def _bytes_max(settings: dict[str, Any]) -> int:
    """The bytes of one message at most; the core names a setting that it cannot use."""
    try:
        return int(
            settings.get("message_bytes_max") or os.environ.get("EVERACT_MESSAGE_BYTES_MAX") or MESSAGE_BYTES_MAX
        )
    except ValueError:
        return MESSAGE_BYTES_MAX


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

    def silence(self) -> None:
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
        bell.silence()
        lane.end_lost_turns()
        lane.take(lane.core.poll())

    return ringing
