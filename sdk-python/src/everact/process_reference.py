"""Reach a process: a reference names it by its number, and tells, asks and ends it.

References are values: they travel in messages and fields, and two of the same process are equal. Which turn sends by
one is known from the running code, so a call chain and its deadline are inherited as with actors.
"""

from __future__ import annotations

from copy import copy
from typing import TYPE_CHECKING, Any, Final, Generic, ParamSpec, TypeVar, overload

import msgspec

from everact import _core
from everact._core import Turn
from everact._home import HERE, Home
from everact.codec import ABSENT, as_bytes, decode_outcome, decoded_reply, encode_message, typed_decoder
from everact.errors import InvalidArgument
from everact.exit_reason import ExitReason, encoded
from everact.metadata import Entries, entries_of

if TYPE_CHECKING:
    import asyncio

    from typing_extensions import Self

    from everact._lane import Lane
    from everact.codec import Decode
    from everact.handler import Handler
    from everact.metadata import Metadata

M_contra = TypeVar("M_contra", contravariant=True)
P = ParamSpec("P")
R = TypeVar("R")

IS_ALIVE: Final = 4
STOP: Final = 1


class ProcessRef(Generic[M_contra]):
    """A process.

    `ProcessRef[Ping | Finished]` takes these messages, `ProcessRef[Counter]` those of the class's handlers.

        counter = engine.spawn(Counter)
        await counter.ask(Counter.add, 3)
        counter.tell(Counter.add, 4)
        pong.tell(Ping(ctx.self))

    As a field's type it is written and read as a text: its kind, a slash and its number.
    """

    __slots__ = ("_deadline_ms", "_home", "_kind", "_metadata", "number")

    __everact_reference__ = True

    number: int
    """Its number, which no other process of this engine ever has."""

    def __init__(self, home: Home, kind: str | None, number: int) -> None:
        """Made by the engine; a process is spawned, not constructed."""
        self._home = home
        self._kind = kind
        self.number = number
        self._deadline_ms = 0
        self._metadata: Entries | None = None

    @property
    def kind(self) -> str:
        """Its kind's name; "process" of one of which nobody knows any more what it was, and of a program."""
        return self._kind or "process"

    def with_options(self, *, deadline_ms: int | None = None, metadata: Metadata | None = None) -> Self:
        """The same reference with options for its messages.

        Parameters:
            deadline_ms: how long an ask waits for its reply; then `DeadlineExceeded`.
            metadata: what travels beside each message.
        """
        from everact.reference import bounded

        made = copy(self)
        made._deadline_ms = 0 if deadline_ms is None else bounded("deadline_ms", deadline_ms)
        made._metadata = entries_of(metadata) if metadata else None
        return made

    @overload
    def tell(self, handler: Handler[P, Any], /, *args: P.args, **kwargs: P.kwargs) -> None: ...
    @overload
    def tell(self, message: M_contra, /) -> None: ...
    @overload
    def tell(self, handler: str, message: Any = ..., /) -> None: ...
    def tell(self, what: Any, /, *args: Any, **kwargs: Any) -> None:
        """Sends a message and does not wait. To a process that has ended this is silent.

        From a process it leaves at once; from an actor with the turn's commit, and not at all when that fails.

        Parameters:
            what: a message; or a handler, by itself or by name, with its message behind it.
        """
        lane = self._home.lane or self._home.open_lane()
        kind, table, payload = lane.messages.short(self._kind, what, args, kwargs)
        here = HERE.get()
        turn = 0 if here is None or here._lane is not lane else here._leaves_with()
        if here is not None and turn < 0:
            here._tell_process(kind, table.index, self.number, as_bytes(payload), self._metadata)
        elif self._metadata is not None or type(payload) is bytes:
            lane.tell_process(kind, table.index, self.number, as_bytes(payload), turn, self._metadata)
        else:
            events = lane.core.tell_process(kind, table.index, self.number, payload, turn)
            if events is not None:
                lane.later(events, turn)

    @overload
    async def ask(self, handler: Handler[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R: ...
    @overload
    async def ask(self, message: M_contra, /, *, returns: type[R]) -> R: ...
    @overload
    async def ask(self, message: M_contra, /) -> Any: ...
    @overload
    async def ask(self, handler: str, message: Any = ..., /, *, returns: Any = ...) -> Any: ...
    async def ask(self, what: Any, /, *args: Any, returns: Any = ABSENT, **kwargs: Any) -> Any:
        """Sends a message and waits for its reply.

        Raises `NoProcess` if the process has ended or ends before it answers.

        Parameters:
            what: a message; or a handler, by itself or by name, with its message behind it.
            returns: the reply's type where no handler declares it; plain JSON where it is not given.
        """
        lane = self._home.lane or self._home.open_lane()
        decode: Decode | None = None
        if returns is not ABSENT:
            decode = typed_decoder(returns, "returns", self._home.read).decode
        if self._deadline_ms or self._metadata:
            kind, table, payload = lane.messages.of(self._kind, what, args, kwargs)
            asked = _core.send(
                lane.core,
                kind,
                table.index,
                self.number,
                payload,
                turn_here(lane),
                self._deadline_ms,
                False,
                self._metadata,
            )
            return await lane.settle(*asked, decode or table.decode_reply)
        kind, table, sent = lane.messages.short(self._kind, what, args, kwargs)
        caused = lane.core.ask_process(kind, table.index, self.number, sent, turn_here(lane))
        if type(caused) is not Turn:
            return await lane.settle(*caused, decode or table.decode_reply)
        outcome = lane.answer(caused)
        if isinstance(outcome, list):
            return await lane.settle(caused.ask, outcome, decode or table.decode_reply)
        lane.runs += 1
        if lane.runs >= lane.runs_max:
            await lane.pause()
        if isinstance(outcome, tuple):
            return decode_outcome(outcome, decode or table.decode_reply)
        if type(outcome) is int and decode is None and table.plain_reply is int:
            return outcome
        return decoded_reply(as_bytes(outcome), decode or table.decode_reply)

    def exit(self, reason: ExitReason = ExitReason.SHUTDOWN) -> None:
        """Asks it to end with a reason. If it traps exits it receives an `Exit`; if it has ended this is silent."""
        lane = self._home.open_lane()
        turn = turn_here(lane)
        lane.command(turn, *_core.exit(lane.core, turn, self.number, encoded(reason)))

    def kill(self) -> None:
        """Ends it, whatever it traps. Those who are linked to it see `ExitReason.KILLED`."""
        self.exit(ExitReason.KILL)

    async def stop(self, reason: ExitReason = ExitReason.NORMAL) -> None:
        """Ends a server, a state machine or an event manager in good order, and waits until it has ended.

        Its `terminate` runs. The reason is normal, a shutdown or one of your own. Raises `NoProcess` if it has ended,
        `HandlerFailed` if its `terminate` fails, and `UnknownHandler` for a process of another sort.
        """
        await self._manage(STOP, encode_message({"reason": reason}))

    async def _manage(self, what: int, asked: bytes, supervised: bool = False) -> Any:
        """The answer of a behaviour to a request."""
        lane = self._home.open_lane()
        turn = turn_here(lane)
        if supervised and not turn:
            raise InvalidArgument("who supervises a handler is an actor or a process: add it within a turn")
        caused = _core.manage(lane.core, what, supervised, asked, turn, self.number, self._deadline_ms)
        return await lane.settle(*caused, _decode_answer)

    def is_alive(self) -> bool:
        """Whether it has not ended."""
        lane = self._home.open_lane()
        return any(lane.command(0, *_core.name(lane.core, IS_ALIVE, "", self.number)))

    def ended(self) -> asyncio.Future[ExitReason]:
        """What is to be awaited for its end, from the call on: why it ended.

        `NO_PROCESS` if there never was one, or so many have ended since then that nobody knows any more.
        """
        lane = self._home.open_lane()
        return lane.await_end(self.number)

    def _resident(self) -> int:
        return self.number

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ProcessRef) and other.number == self.number

    def __hash__(self) -> int:
        return hash(self.number)

    def __str__(self) -> str:
        """Reads as it travels."""
        return f"{self.kind}/{self.number}"

    def __repr__(self) -> str:
        """Reads as its kind and number."""
        return f"<process {self._kind or '?'}/{self.number}>"


def _decode_answer(payload: bytes) -> Any:
    return msgspec.json.decode(payload) if payload else {}


def turn_here(lane: Lane) -> int:
    """The turn of this lane that runs here, or 0: a task that outlives its turn acts in nobody's name."""
    here = HERE.get()
    return 0 if here is None or here._lane is not lane else here._turn_or_none()
