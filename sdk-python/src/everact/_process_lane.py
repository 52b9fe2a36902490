"""What a lane does about processes: it carries out commands, whose answers come with them."""

from __future__ import annotations

import asyncio
import itertools
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

import msgspec

from everact import _core
from everact._event_managers import ManagerTable
from everact._fit import INTEGER_MAX, INTEGER_MIN
from everact._home import HERE, Here, Home
from everact._kinds import KindTable
from everact._messages import Messages
from everact._models import process_of
from everact._process_kinds import FunctionTable, ProcessTable
from everact._text import text_of
from everact._turns import finished, message_in
from everact.actor import ActorMeta
from everact.codec import Decode, failure_of
from everact.errors import (
    ActorStopped,
    Cancelled,
    Internal,
    InvalidArgument,
    NoProcess,
    TooLarge,
    UnknownKind,
)
from everact.exit_reason import ExitReason, reason_of
from everact.process_context import ProcessContext
from everact.process_reference import ProcessRef
from everact.signals import Monitor
from everact.supervisor import RUN, START, Supervisor, SupervisorRef, checked
from everact.timer import Timer

if TYPE_CHECKING:
    from everact._core import Core, Event, Reply, Turn
    from everact._ending import Ending
    from everact._within import Within
    from everact.handler import HandlerTable
    from everact.metadata import Entries
    from everact.reference import TypedReference
    from everact.state import Activation

_PAGE: Final = 1000
"""Groups that are asked for at a time."""
CANCEL_TURN: Final = "cancel_turn"
_ENDS: Final = (NoProcess.code, ActorStopped.code, Cancelled.code)
"""Why a turn is cancelled whose process or actor has ended. Its caller's deadline is none of them."""


class ProcessLane(ABC):
    """The part of a lane that is about processes."""

    core: Core
    kinds: list[KindTable]
    loop: asyncio.AbstractEventLoop
    message_bytes_max: int
    _events: deque[Event]
    _is_later: bool
    _dispatching: bool
    tasks: dict[int, tuple[asyncio.Task[list[Event]], Within | None]]
    cancelling: dict[int, int]
    pending: dict[int, asyncio.Future[Reply]]
    activations: dict[int, Activation]
    ending: Ending

    def __init__(self, kinds: list[KindTable], home: Home) -> None:
        """A lane for these kinds; the home's references lead to it."""
        self.home = home
        self.messages = Messages(kinds)
        self._by_declaration = {table.declared: table for table in kinds if table.options.role != "actor"}
        self.managers = {table.name: table for table in kinds if isinstance(table, ManagerTable)}
        self._monitors = itertools.count(1)

    def new_monitor(self) -> Monitor:
        """A monitor whose number was not used before."""
        return Monitor(next(self._monitors))

    def spawn(
        self,
        what: Any,
        argument: Any,
        turn: int,
        *,
        name: str | None = None,
        link: bool = False,
        monitor: Monitor | None = None,
    ) -> ProcessRef[Any]:
        """Spawns a process, in a turn's name or from outside."""
        table, payload = self.start_of(what, argument)
        number = 0 if monitor is None else monitor.number
        reply = self.command(turn, *_core.spawn(self.core, table.index, payload, turn, link, number, name))
        return self.home.process(int.from_bytes(reply, "little"), table.name)

    def start_of(self, what: Any, argument: Any) -> tuple[KindTable, bytes]:
        """The kind of what is to be spawned, and what it begins with."""
        is_instance = isinstance(type(what), ActorMeta)
        table = self._by_declaration.get(type(what) if is_instance else what) if _is_hashable(what) else None
        if isinstance(table, FunctionTable):
            return table, table.encode_argument(argument)
        if isinstance(table, ManagerTable):
            if argument is not None:
                raise InvalidArgument(f"{table.name} takes no argument: handlers are added when it runs")
            return table, b""
        if isinstance(table, ProcessTable):
            if argument is not None:
                raise InvalidArgument(f"{table.name}: initial values are given by an instance: {table.title}(...)")
            return table, table.encode_initial(what) if is_instance else b"{}"
        name = getattr(type(what) if is_instance else what, "__name__", None) or text_of(what)
        raise UnknownKind(f"no process {name} is registered here: name it among the `processes`")

    async def start_supervisor(self, tree: Supervisor, turn: int, *, is_root: bool = False) -> SupervisorRef:
        """Starts a supervision tree."""
        given = msgspec.json.encode(tree.described(self.start_of))
        caused = _core.supervise(self.core, RUN if is_root else START, given, turn, 0)
        found = checked(await self.settle(*caused, msgspec.json.decode))
        return SupervisorRef(self.home, int(found["process"]))

    def send_after(
        self, after_ms: int, again: bool, to: Any, args: tuple[Any, ...], kwargs: dict[str, Any], turn: int
    ) -> Timer:
        """Sets a timer; what it sends is given as `tell` has it."""
        who: int | tuple[int, str]
        if isinstance(to, ProcessRef):
            if not args:
                raise TypeError("a timer has a message")
            kind, table, payload = self.messages.of(to._kind, args[0], args[1:], kwargs)
            who = to.number
        else:
            target, table, payload = self.message_of(to, args, kwargs)
            kind, who = target._kind.index, target._resident()
        caused = _core.send_after(self.core, again, turn, who, kind, table.index, payload, after_ms)
        return Timer(self, int.from_bytes(self.command(turn, *caused), "little"))  # type: ignore[arg-type]

    @abstractmethod
    async def settle(self, ask: int, events: list[Event], decode: Decode) -> Any:
        """The outcome of a command that is answered later."""

    @abstractmethod
    def message_of(
        self, method: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> tuple[TypedReference, HandlerTable, bytes]:
        """A call of an actor's reference as a message."""

    def await_end(self, process: int) -> asyncio.Future[ExitReason]:
        """The end of a process, watched from now on."""
        end: asyncio.Future[ExitReason] = self.loop.create_future()
        waiter: asyncio.Future[Reply] = self.loop.create_future()

        def arrived(came: asyncio.Future[Reply]) -> None:
            failure = came.exception()
            if failure is None:
                _, code, payload = came.result()[:3]
                failure = failure_of(code, payload) if code else None  # type: ignore[arg-type]
            if end.done():
                return
            if failure is None:
                end.set_result(reason_of(payload))  # type: ignore[arg-type]
            else:
                end.set_exception(failure)
                end.exception()  # seen, so that asyncio does not complain where nobody awaits the end any more

        waiter.add_done_callback(arrived)
        ask, events = _core.await_end(self.core, process)
        self.pending[ask] = waiter
        self.later(events)
        return end

    def tell_process(
        self, kind: int, handler: int, process: int, payload: bytes, turn: int, metadata: Entries | None
    ) -> None:
        """Sends a message to a process at once; nobody is told what becomes of it."""
        if metadata is not None:
            return self._tell(kind, handler, process, payload, turn, metadata)
        if len(payload) > self.message_bytes_max:
            raise self._too_large(payload)
        events = self.core.tell_process(kind, handler, process, payload, turn)
        if events is not None:
            self.later(events, turn)
        return None

    def _tell(
        self, kind: int, handler: int, to: int | str, payload: bytes, turn: int, metadata: Entries | None
    ) -> None:
        if len(payload) > self.message_bytes_max:
            raise self._too_large(payload)
        _, events = _core.send(self.core, kind, handler, to, payload, turn, 0, True, metadata)
        if events:
            self.later(events, turn)

    def _too_large(self, payload: bytes) -> TooLarge:
        return TooLarge(f"the message has {len(payload)} bytes, the limit is {self.message_bytes_max}")

    def run_plain(self, turn: Turn, table: KindTable, entry: HandlerTable) -> bytes | int | list[Event]:
        """Runs a turn of a process whose handler neither waits nor takes a context.

        Gives the reply where that came of it and nothing else, an integer as it is; else what it has caused.
        """
        held = None
        try:
            held = self.activations.get(turn.activation) or self._activate(turn, table)
            message = message_in(entry, turn.payload)
            token = HERE.set(Here(self, turn))  # type: ignore[arg-type]
            try:
                value = entry.function(held.actor, message) if entry.parameter else entry.function(held.actor)
                if entry.is_coroutine:
                    value = finished(value)
            finally:
                HERE.reset(token)
            is_integer = type(value) is int and entry.plain_reply is int and INTEGER_MIN <= value <= INTEGER_MAX
            reply = value if is_integer else entry.encode_reply(value)
            value = message = None
            events = self.core.complete(turn, reply, None)
        except BaseException as error:
            return self.ending.fail(turn, held, b"", error)
        return reply if events is None else list(events)

    @abstractmethod
    def _activate(self, turn: Turn, table: KindTable) -> Activation:
        """The turn's process, made with its first turn."""

    def command(self, turn: int, number: int, events: list[Event]) -> bytes:
        """The reply to a command, which has come with it. The loop deals with the other events."""
        outcome = None
        for at, event in enumerate(events):
            if type(event) is tuple and event[0] == number:
                outcome = event
                del events[at]
                break
        if events:
            self.later(events, turn)
        if outcome is None:
            raise Internal("a command about processes was not answered")
        if outcome[1]:
            raise failure_of(outcome[1], outcome[2])  # type: ignore[arg-type]
        return outcome[2]  # type: ignore[return-value]

    def later(self, events: list[Event], turn: int = 0) -> None:
        """Has the loop deal with events, behind those that wait.

        Raises `CancelledError` if one of them ends the turn that runs.
        """
        self._events.extend(events)
        if not self._dispatching and not self._is_later:
            self._is_later = True
            self.loop.call_soon(self._dispatch_later)
        if not turn:
            return
        for event in events:
            if type(event) is _core.Notification and event.id == turn and event.name == CANCEL_TURN:
                here = HERE.get()
                if event.code in _ENDS and here is not None:
                    self.cancelling[turn] = event.code
                    here._end()
                    raise asyncio.CancelledError("the process has ended")

    @abstractmethod
    def _dispatch_later(self) -> None: ...

    def tell_actor(self, target: TypedReference, table: HandlerTable, payload: bytes, turn: int) -> None:
        """Sends a message of a process to an actor at once."""
        self._tell(target._kind.index, table.index, target._key, payload, turn, target._metadata)

    def hand_over(self, turn: Turn) -> list[Event]:
        """A message for a process function that runs; where it has ended, nobody misses it."""
        running = self.tasks.get(turn.id)
        if running is not None and isinstance(running[1], ProcessContext):
            running[1]._hand_over(turn)
        return []

    def time_out(self, turn: int) -> None:
        """The wait of a process function is over."""
        running = self.tasks.get(turn)
        if running is not None and isinstance(running[1], ProcessContext):
            running[1]._time_out()

    def sender_of(self, turn: Turn) -> ProcessRef[Any] | str | None:
        """Who sent a message: a process, or an actor's address."""
        if not turn.sender_is_process or turn.sender is None:
            return turn.sender
        kind, number = process_of(turn.sender)
        return self.home.process(number, kind)

    def groups(self) -> list[str]:
        """The names of all groups."""
        names: list[str] = []
        after: int | None = 0
        while after is not None:
            question = msgspec.json.encode({"topic": "groups", "after": after, "limit": _PAGE})
            page = msgspec.json.decode(self.core.describe(question.decode()))
            names += [one["group"] for one in page["groups"]]
            after = page["next"]
        return names

    def inspect(self, number: int) -> dict[str, Any] | None:
        """What the core knows of a process; None if it has ended."""
        question = msgspec.json.encode({"topic": "inspect", "process": str(number)})
        try:
            found: dict[str, Any] = msgspec.json.decode(self.core.describe(question.decode()))
        except InvalidArgument:
            return None
        return found


def _is_hashable(what: object) -> bool:
    try:
        hash(what)
    except TypeError:
        return False
    return True
