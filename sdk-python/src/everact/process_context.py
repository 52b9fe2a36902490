"""Inside a process function: the messages that it receives, in its order and at its time, and all that a turn may do.

What is received and not wanted yet stays here, in order. Waiting for a type or a monitor does not look at it again: it
is kept by its type.
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict, deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, Generic, NamedTuple, TypeAlias, TypeVar, overload

from everact import _core
from everact._core import Notification, Turn
from everact._ending import NO_TELLS
from everact._within import Within
from everact.errors import InvalidArgument, InvalidPayload, NoProcess
from everact.metadata import RESERVED, metadata_of
from everact.process_reference import ProcessRef
from everact.reply_to import ReplyTo
from everact.signals import Down, Monitor

if TYPE_CHECKING:
    from everact._core import Event
    from everact._lane import Lane
    from everact._process_kinds import FunctionTable
    from everact.reference import Reference, TypedReference

M = TypeVar("M")
T = TypeVar("T")
U = TypeVar("U")
V = TypeVar("V")

LOG: Final = logging.getLogger("everact")

FOR_EVER: Final = 0xFFFF_FFFF
_WAIT_MS_MAX: Final = FOR_EVER - 1


_Received: TypeAlias = tuple[Any, Turn]
"""A message, and the event that brought it."""


class _Pattern(NamedTuple):
    """Which messages are wanted."""

    types: tuple[type[Any], ...] = (object,)
    monitor: Monitor | None = None
    fits: Callable[[Any], bool] | None = None

    def matches(self, message: Any) -> bool:
        if self.monitor is not None:
            return isinstance(message, Down) and message.monitor == self.monitor
        return isinstance(message, self.types) and (self.fits is None or self.fits(message))


class _Mail:
    """Messages that were handed over, in their order."""

    __slots__ = ("_by_monitor", "_by_type", "_kept", "_next", "fresh")

    def __init__(self) -> None:
        self.fresh: deque[_Received] = deque()
        """Not looked at yet."""
        self._by_type: dict[type[Any], OrderedDict[int, _Received]] = {}
        """Passed over: by type, then by rising numbers."""
        self._by_monitor: dict[Monitor, int] = {}
        self._kept = 0
        self._next = 0

    def __len__(self) -> int:
        return len(self.fresh) + self._kept

    def take(self, pattern: _Pattern) -> _Received | None:
        """Takes the first message that is wanted."""
        return (self._take_kept(pattern) if self._kept else None) or self.take_fresh(pattern)

    def take_fresh(self, pattern: _Pattern) -> _Received | None:
        """Takes the first of those that were not looked at, and passes over what stands before it."""
        fresh = self.fresh
        while fresh:
            received = fresh.popleft()
            if pattern.matches(received[0]):
                return received
            self._keep(received)
        return None

    def _keep(self, received: _Received) -> None:
        message = received[0]
        self._by_type.setdefault(type(message), OrderedDict())[self._next] = received
        if isinstance(message, Down):
            self._by_monitor[message.monitor] = self._next
        self._next += 1
        self._kept += 1

    def _take_kept(self, pattern: _Pattern) -> _Received | None:
        """The first of those that were passed over; none of another type or monitor is looked at."""
        if pattern.monitor is not None:
            return self._remove(Down, self._by_monitor.get(pattern.monitor, -1))
        first, of_first = -1, object
        for of, kept in self._by_type.items():
            if issubclass(of, pattern.types):
                fits = pattern.fits
                at = next(iter(kept)) if fits is None else next((at for at in kept if fits(kept[at][0])), -1)
                if at >= 0 and (first < 0 or at < first):
                    first, of_first = at, of
        return self._remove(of_first, first)

    def _remove(self, of: type[Any], at: int) -> _Received | None:
        if at < 0:
            return None
        kept = self._by_type[of]
        received = kept.pop(at)
        if not kept:
            del self._by_type[of]
        if of is Down:
            del self._by_monitor[received[0].monitor]
        self._kept -= 1
        return received

    def drop(self, monitor: Monitor) -> None:
        """Takes out the end of one who was watched, if it is here."""
        pattern = _Pattern(monitor=monitor)
        if self._take_kept(pattern) is None:
            self.fresh = deque(received for received in self.fresh if not pattern.matches(received[0]))


class ProcessContext(Within, Generic[M]):
    """What a process function gets: `ProcessContext[Ping | Finished]` receives these messages.

    @process
    async def pong(ctx: ProcessContext[Ping | Finished]) -> None:
        while True:
            match await ctx.receive():
                case Ping(sender):
                    sender.tell(Pong())
                case Finished():
                    return
    """

    __slots__ = ("_is_over", "_lane", "_mail", "_number", "_received", "_table", "_turn", "_waiter", "_was_late")

    _passivate: Final = False
    _deferred: Final = False
    _answer: Final = None
    _tells: Final = NO_TELLS

    def __init__(self, lane: Lane, table: FunctionTable, turn: int, number: int) -> None:
        """Made by the lane, once a process."""
        self._lane = lane
        self._table = table
        self._turn = turn
        self._number = number
        self._mail: _Mail | None = None
        self._received: Turn | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._was_late = False
        self._is_over = False

    @property
    def self(self) -> ProcessRef[M]:
        """The process itself."""
        return ProcessRef(self._lane.home, self._table.name, self._number)

    @property
    def kind(self) -> str:
        """The process's kind."""
        name: str = self._table.name
        return name

    @property
    def caller(self) -> ReplyTo | None:
        """The way back to whoever asked with the message received last; None for one that was told."""
        received = self._received
        return None if received is None or not received.ask else ReplyTo(self._lane, received.ask, turn=self._turn)

    @property
    def sender(self) -> ProcessRef[Any] | str | None:
        """Who sent the message received last: a process, or an actor's address; None where it came from outside."""
        return None if self._received is None else self._lane.sender_of(self._received)

    @property
    def metadata(self) -> dict[str, str | bytes]:
        """What travelled beside the message received last."""
        entries = (self._received and self._received.metadata) or ()
        return metadata_of(entry for entry in entries if not entry[0].startswith(RESERVED))

    def reply(self, value: Any = None) -> None:
        """Answers whoever asked with the message received last; for one that was told it does nothing."""
        caller = self.caller
        if caller is not None:
            caller.reply(value)

    @overload
    async def receive(self, /, *, timeout: float | None = None) -> M: ...
    @overload
    async def receive(self, wanted: Monitor, /, *, timeout: float | None = None) -> Down: ...
    @overload
    async def receive(self, wanted: type[T], /, *, timeout: float | None = None) -> T: ...
    @overload
    async def receive(self, wanted: type[T], second: type[U], /, *, timeout: float | None = None) -> T | U: ...
    @overload
    async def receive(
        self, wanted: type[T], second: type[U], third: type[V], /, *, timeout: float | None = None
    ) -> T | U | V: ...
    @overload
    async def receive(self, wanted: Callable[[M], bool], /, *, timeout: float | None = None) -> M: ...
    async def receive(self, *wanted: Any, timeout: float | None = None) -> Any:
        """The first message that is wanted, now or when it comes. Others stay, in their order.

        Parameters:
            wanted: nothing, for any message; types; a monitor, for its `Down`; or a function that looks at a message.
            timeout: seconds to wait; 0 takes only what is there. Without one it waits as long as it takes.

        Raises `TimeoutError`, and `CancelledError` when the process is ended from outside.
        """
        pattern = _pattern(wanted)
        self._turn_id()
        if self._waiter is not None:
            raise InvalidArgument("a process waits for one message at a time: another task of it does")
        mail = self._mail
        if mail is None:
            mail = self._mail = _Mail()
        found = mail.take(pattern)
        deadline = None if timeout is None else self._lane.loop.time() + timeout
        while found is None:
            is_last = await self._more(mail, deadline)
            found = mail.take_fresh(pattern)
            if found is None and is_last:
                raise TimeoutError(f"no such message came within {timeout} s")
        self._received = found[1]
        self._lane.runs += 1
        if self._lane.runs >= self._lane.runs_max:
            await self._lane.pause()
        return found[0]

    async def _more(self, mail: _Mail, deadline: float | None) -> bool:
        """Waits until there are more messages; whether the time is over instead."""
        loop, left_ms = self._lane.loop, FOR_EVER
        if deadline is not None:
            left_ms = min(max(0, -int((loop.time() - deadline) * 1000 // 1)), _WAIT_MS_MAX)
        self._was_late = False
        self._waiter = waiter = loop.create_future()
        try:
            self._sort(_core.receive(self._lane.core, self._turn, left_ms, len(mail)))
            if not waiter.done():
                await waiter
        finally:
            self._waiter = None
        # The end of a wait that was given up before may have been on its way.
        return self._was_late and deadline is not None and loop.time() >= deadline - 0.001

    def _sort(self, events: list[Event]) -> None:
        """Takes what is for this function; the loop deals with the rest."""
        others: list[Event] = []
        for event in events:
            if type(event) is Turn and event.received and event.id == self._turn:
                self._hand_over(event)
            elif type(event) is Notification and event.name == "receive_timed_out" and event.id == self._turn:
                self._time_out()
            else:
                others.append(event)
        if others:
            self._lane.later(others, self._turn)

    def _hand_over(self, turn: Turn) -> None:
        """A message has come."""
        try:
            message = self._table.received(turn, self._lane.home)
        except InvalidPayload as error:
            if turn.ask:
                ReplyTo(self._lane, turn.ask, turn=self._turn).fail(error)
            else:
                LOG.warning("%s: a message was dropped: %s", self._table.name, error)
            message = None
        if self._mail is None:
            self._mail = _Mail()
        if message is not None:
            self._mail.fresh.append((message, turn))
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def _time_out(self) -> None:
        self._was_late = True
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def demonitor(self, monitor: Monitor, *, flush: bool = False) -> bool:
        """Watches no longer; whether the watch was on. With `flush` a `Down` that waits is taken out of the mailbox."""
        if flush and self._mail is not None:
            self._mail.drop(monitor)
        return super().demonitor(monitor, flush=flush)

    @overload
    def actor(self, kind: type[T], key: str) -> T: ...
    @overload
    def actor(self, kind: str, key: str) -> Reference: ...
    def actor(self, kind: Any, key: str) -> Any:
        """A reference to an actor, for asks and tells of this process."""
        return self._lane.reference(kind, key, self)

    def _tell(self, target: TypedReference, table: Any, payload: bytes) -> None:
        self._lane.tell_actor(target, table, payload, self._turn_id())

    def _leaves_with(self) -> int:
        return self._turn_id()

    def _turn_id(self) -> int:
        if self._is_over:
            raise NoProcess("this process has ended")
        return self._turn

    @property
    def _activation(self) -> int:
        return 0

    def _wanted(self) -> bytes | None:
        return None

    def _process(self) -> int:
        return self._number

    def _own(self) -> ProcessRef[Any]:
        return self.self

    def _end(self) -> None:
        self._is_over = True


_ANY: Final = _Pattern()


def _pattern(wanted: tuple[Any, ...]) -> _Pattern:
    if not wanted:
        return _ANY
    if all(isinstance(part, type) for part in wanted):
        return _Pattern(wanted)
    if len(wanted) == 1 and isinstance(wanted[0], Monitor):
        return _Pattern(monitor=wanted[0])
    if len(wanted) == 1 and callable(wanted[0]):
        return _Pattern(fits=wanted[0])
    raise TypeError("receive takes types of messages, a monitor, or a function that looks at a message")
