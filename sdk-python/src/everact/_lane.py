"""Loop glue: carries events between the core and one asyncio event loop.

A turn is run where it is handed out. A handler that cannot wait runs at once; one that may wait gets a task, eager
where the interpreter has such. Replies that did not come at once arrive through the bell, a file descriptor that the
loop watches, many at a time.
"""

from __future__ import annotations

import asyncio
import logging
import time
import types
from collections import deque
from collections.abc import Callable, Coroutine, Generator
from typing import TYPE_CHECKING, Any, Final

from everact._asyncio import eager_task, wake
from everact._core import Core, Notification, Turn
from everact._kinds import KindTable
from everact.codec import Decode, decode_outcome
from everact.context import Context
from everact.errors import (
    Closed,
    HandlerFailed,
    InvalidPayload,
    ReadOnlyViolation,
    EveractError,
    UnknownKind,
    from_code,
)
from everact.metadata import entries_of
from everact.reference import Reference, TypedReference, reference_class
from everact.state import Activation

if TYPE_CHECKING:
    from everact._core import Event, Reply
    from everact.actor import Actor
    from everact.handler import HandlerTable

LOG: Final = logging.getLogger("everact")

ROUND_S: Final = 0.004
"""How long asks that do not wait may keep a loop in one of its rounds."""
DISPATCH_MAX: Final = 1024
"""Events dealt with in one go, before the loop's other work gets its chance."""
DEPTH_MAX: Final = 24
"""Turns on top of one another on one stack, in a chain of asks; deeper ones start from the loop."""

_NO_TELLS: Final[list[tuple[int, int, str, bytes]]] = []


class _Unreadable(Exception):
    """A stored state that is no state of its actor's class; nothing may run on it, least of all on defaults."""


class Lane:
    """The one lane of an engine: its open asks, its activations, its running handlers."""

    def __init__(self, core: Core, kinds: list[KindTable], loop: asyncio.AbstractEventLoop, row_max: int) -> None:
        """A lane on the loop that opened the engine; at most `row_max` asks in a row keep the loop to themselves."""
        self.core = core
        self.loop = loop
        self.kinds = kinds
        self.activations: dict[int, Activation] = {}
        self._unreadable: dict[int, str] = {}
        self.pending: dict[int, asyncio.Future[Reply]] = {}
        self.tasks: dict[int, tuple[asyncio.Task[list[Event]], Context | None]] = {}
        self._cancelling: dict[int, int] = {}
        self.closed: asyncio.Future[None] = loop.create_future()
        self._events: deque[Event] = deque()
        self._dispatching = False
        self._depth = 0
        self.runs = 0
        self.runs_max = self._row = self._row_max = max(1, row_max)
        self._rested_at, self._rested_cpu = time.monotonic(), time.thread_time()
        self._is_tired = False
        self._is_later = False
        self._is_over = False
        self.by_actor: dict[object, type[TypedReference]] = {}
        self._by_name = {table.name: reference_class(self, table) for table in kinds}
        self.by_actor.update((table.declared, self._by_name[table.name]) for table in kinds)

    def reference(self, kind: type[Actor] | str, key: str, parent: int = 0) -> TypedReference | Reference:
        """The reference to an actor, for asks from outside or, with a parent, from a turn."""
        if isinstance(kind, str):
            return Reference(self._class_of(kind, self._by_name.get(kind))(key, parent))
        return self.class_of(kind, kind.__name__)(key, parent)

    def class_of(self, declared: object, name: str) -> type[TypedReference]:
        """The class of references to what was declared, a class or a generated kind; `UnknownKind` tells the name."""
        return self._class_of(name, self.by_actor.get(declared))

    def _class_of(self, name: str, found: type[TypedReference] | None) -> type[TypedReference]:
        if found is None:
            raise UnknownKind(f"no kind {name} is registered here: name it among the `actors`")
        return found

    def message_of(
        self, method: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> tuple[TypedReference, HandlerTable, bytes]:
        """A call of a reference's handler as a message: to whom, which handler, which payload."""
        target: TypedReference | None = getattr(method, "__self__", None)
        table: HandlerTable | None = getattr(method, "__everact_handler__", None)
        if target is None or table is None:
            raise TypeError("tell takes a handler of a reference and its message: tell(reference.landed, 12)")
        return target, table, table.payload(table.argument(args, kwargs), target._key)

    # Turns

    def _activate(self, turn: Turn, table: KindTable) -> Activation:
        """The turn's actor, made with its first turn; a later one finds none only where that could not be."""
        if turn.key is None:
            raise _Unreadable(self._unreadable.get(turn.activation, "the actor's first turn is missing"))
        try:
            made = table.activate(turn.key, turn.state)
        except Exception as error:
            text = f"the stored state of {table.name}/{turn.key} does not fit its declaration: {error}"
            self._unreadable[turn.activation] = text
            raise _Unreadable(text) from error
        self.activations[turn.activation] = made
        return made

    def run(self, turn: Turn) -> list[Event]:
        """Runs a turn that was handed out, or starts it where it may wait; what that caused."""
        table = self.kinds[turn.kind]
        entry = table.by_number[turn.handler]
        try:
            held = self.activations.get(turn.activation) or self._activate(turn, table)
            message = entry.message(turn.payload)
        except InvalidPayload as error:
            return self._reject(turn, InvalidPayload.code, error.message)
        except _Unreadable as error:  # it leaves memory, and the next message tries again
            text = str(error).encode("utf-8", "replace")
            return self.core.finish(turn, HandlerFailed.code, text, None, _NO_TELLS, True, None)
        context = Context(self, turn, table.name, held.key) if entry.wants_context else None
        before = held.encode(held.actor) if turn.nested else held.accepted
        if entry.may_suspend:
            return self._start(turn, entry, held, before, message, context)
        try:
            value = entry.invoke(held.actor, message, context)
            reply = entry.encode_reply(_finished(value) if entry.is_coroutine else value)
        except BaseException as error:
            return self.fail(turn, held, before, error)
        return self.succeed(turn, held, before, reply, context)

    def succeed(
        self, turn: Turn, held: Activation, before: bytes, reply: bytes, context: Context | None
    ) -> list[Event]:
        """Hands in a turn that went well."""
        try:
            state: bytes | None = held.encode(held.actor)
            beside = entries_of(context._answer) if context and context._answer else None
        except Exception as error:
            return self.fail(turn, held, before, error)
        # A nested turn belongs to the outer one, whose completion will find its changes.
        if state == before or (turn.nested and not turn.read_only):
            state = None
        elif turn.read_only:
            return self.violate(turn, held, before)
        else:
            held.accepted = state  # type: ignore[assignment]
        tells, passivate = (context._tells, context._passivate) if context else (_NO_TELLS, False)
        return self.core.finish(turn, 0, reply, state, tells, passivate, beside)

    def fail(self, turn: Turn, held: Activation, before: bytes, error: BaseException) -> list[Event]:
        """Hands in a turn whose handler threw: the object goes back, the caller learns the error."""
        held.put_back(before, in_place=turn.nested)
        if turn.ask == 0:
            LOG.error("a handler of %s/%s failed", self.kinds[turn.kind].name, held.key, exc_info=error)
        if isinstance(error, KeyboardInterrupt):
            self.loop.call_soon(_interrupt, error)
        code = self._cancelling.pop(turn.id, HandlerFailed.code)
        return self._reject(turn, code, f"{type(error).__name__}: {error}")

    def violate(self, turn: Turn, held: Activation, before: bytes) -> list[Event]:
        """Hands in a read-only turn that changed the state: the object goes back, the caller learns it."""
        held.put_back(before, in_place=turn.nested)
        label = self.kinds[turn.kind].by_number[turn.handler].label
        return self._reject(turn, ReadOnlyViolation.code, f"{label} is read only and changed the state")

    def _reject(self, turn: Turn, code: int, text: str) -> list[Event]:
        return self.core.finish(turn, code, text.encode("utf-8", "replace"), None, _NO_TELLS, False, None)

    # Handlers that may wait

    def _start(
        self,
        turn: Turn,
        entry: HandlerTable,
        held: Activation,
        before: bytes,
        message: Any,
        context: Context | None,
    ) -> list[Event]:
        work = self._conduct(turn, entry, held, before, message, context)
        try:
            task = eager_task(work, self.loop)
        except Exception as error:  # nothing of the handler has run
            work.close()
            return self.fail(turn, held, before, error)
        if task.done():
            return task.result()
        self.tasks[turn.id] = task, context
        return []

    async def _conduct(
        self,
        turn: Turn,
        entry: HandlerTable,
        held: Activation,
        before: bytes,
        message: Any,
        context: Context | None,
    ) -> list[Event]:
        """One turn in a task of its own; what it caused, for `_start` where it did not wait."""
        try:
            reply = entry.encode_reply(await entry.invoke(held.actor, message, context))
        except BaseException as error:
            if self._is_over:
                raise
            events = self.fail(turn, held, before, error)
        else:
            if self._is_over:
                return []
            events = self.succeed(turn, held, before, reply, context)
        if self.tasks.pop(turn.id, None) is None:
            return events
        self._cancelling.pop(turn.id, None)
        self.take(events)
        return []

    # Events

    def take(self, events: list[Event]) -> None:
        """Takes events that came from the core and deals with them."""
        self._events.extend(events)
        self.dispatch()

    def dispatch(self) -> None:
        """Deals with the queued events, in order; those that they cause join the queue."""
        if self._dispatching or self._is_later:
            return
        self._dispatching = True
        events, pending, budget = self._events, self.pending, DISPATCH_MAX
        answered: list[tuple[asyncio.Future[Reply], Reply]] = []
        try:
            while events and budget:
                budget -= 1
                event = events.popleft()
                if type(event) is tuple:
                    waiter = pending.pop(event[0], None)
                    if waiter is not None:
                        answered.append((waiter, event))
                elif type(event) is Turn:
                    events.extend(self.run(event))
                elif type(event) is Notification:
                    self._notification(event)
        finally:
            self._dispatching = False
            if answered:
                wake(answered, self.loop)
            if events:  # the loop's other work gets its chance, or an error has come through
                self._is_later = True
                self.loop.call_soon(self._dispatch_later)

    def _dispatch_later(self) -> None:
        self._is_later = False
        self.dispatch()

    def _notification(self, notification: Notification) -> None:
        if notification.name == "forget":
            self.activations.pop(notification.id, None)
            self._unreadable.pop(notification.id, None)
        elif notification.name == "cancel_turn":
            self._cancel_turn(notification)
        elif notification.name == "notice":
            LOG.warning("%s: %s", type(from_code(notification.code, "")).__name__, notification.text)
        elif notification.name == "closed" and not self.closed.done():
            self.closed.set_result(None)

    def _cancel_turn(self, notification: Notification) -> None:
        running = self.tasks.get(notification.id)
        if running is None:
            return
        task, context = running
        if context is not None:
            context._cancelled = True
        self._cancelling[notification.id] = notification.code
        task.cancel()

    # Asks

    async def settle(self, ask: int, events: list[Event], decode: Decode) -> Any:
        """The outcome of an ask, among the events it caused or later."""
        outcome = self._sort(ask, events)
        if self._events:
            if outcome is None:
                waiter = self.pending[ask] = asyncio.Future(loop=self.loop)
                self.dispatch()
                if not waiter.done():
                    return await self._wait(ask, waiter, decode)
                outcome = waiter.result()
            else:
                self.dispatch()
        if outcome is not None:
            self.runs += 1
            if self.runs >= self.runs_max:
                await self.pause()
            return decode_outcome(outcome, decode)
        waiter = self.pending[ask] = asyncio.Future(loop=self.loop)
        return await self._wait(ask, waiter, decode)

    def _sort(self, ask: int, events: list[Event]) -> Reply | None:
        """Queues events; the ask's own turn is run at once, and its outcome is returned where it is among them."""
        outcome: Reply | None = None
        while events:
            caused: list[Event] = []
            for event in events:
                if type(event) is tuple and event[0] == ask:
                    outcome = event
                elif type(event) is Turn and event.ask == ask and self._depth < DEPTH_MAX:
                    self._depth += 1
                    try:
                        caused.extend(self.run(event))
                    finally:
                        self._depth -= 1
                else:
                    self._events.append(event)
            events = caused
        return outcome

    @types.coroutine
    def pause(self) -> Generator[None, None, None]:
        """Lets the loop go on once, after a row of asks that have not waited.

        After and not before one, so that asks are submitted in the order in which their tasks were made. How long a
        row may be follows from how long the loop's last round took; when this one takes too long, it is one ask.
        """
        self.runs = 0
        if not self._is_tired:
            self._is_tired = True
            self.loop.call_soon(self._rest)
        elif self._is_long_round():
            self.runs_max = 1
        yield

    def _is_long_round(self) -> bool:
        """Whether this round of the loop has taken its time; time that other processes took counts only in excess."""
        taken = time.monotonic() - self._rested_at
        return taken > ROUND_S and (taken > 8 * ROUND_S or time.thread_time() - self._rested_cpu > ROUND_S)

    def _rest(self) -> None:
        self._row = max(1, self._row // 2) if self._is_long_round() else min(self._row * 2, self._row_max)
        self.runs_max = self._row
        self._rested_at, self._rested_cpu = time.monotonic(), time.thread_time()
        self._is_tired = False

    async def _wait(self, ask: int, waiter: asyncio.Future[Reply], decode: Decode) -> Any:
        try:
            return decode_outcome(await waiter, decode)
        except asyncio.CancelledError:
            self.give_up(ask)
            raise

    def give_up(self, ask: int) -> None:
        """The caller of an ask no longer waits."""
        if self.pending.pop(ask, None) is not None:
            self.take(self.core.cancel(ask))

    def abandon(self, what: str) -> None:
        """The engine or connection is gone: whoever still waits is told, handlers that still run are cancelled."""
        self._is_over = True
        for waiter in self.pending.values():
            if not waiter.done():
                waiter.set_exception(Closed(f"the {what} closed before the answer came"))
        self.pending.clear()
        self.activations.clear()
        for task, _ in self.tasks.values():
            task.cancel()


def _finished(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """The result of a coroutine that has nothing to wait for."""
    try:
        coroutine.send(None)
    except StopIteration as stop:
        return stop.value
    raise EveractError("a handler without an await has waited")


def _interrupt(error: KeyboardInterrupt) -> None:
    """From the loop's own stack a KeyboardInterrupt leaves the loop, as it does everywhere else."""
    raise error
