"""Loop glue: carries events between the core and one asyncio event loop.

A turn is run where it is handed out. A handler that cannot wait runs at once; one that may wait gets a task, eager
where the interpreter has such. Replies that did not come at once arrive through the bell, a file descriptor that the
loop watches, many at a time.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, Final

from everact._asyncio import eager_task, wake
from everact._core import Core, Notification, Turn
from everact._diagnostics import log_line
from everact._ending import NO_TELLS, Ending
from everact._home import HERE, Home
from everact._kinds import GET_STATE, REPLACE_STATE, KindTable
from everact._pace import Pace
from everact._process_lane import ProcessLane
from everact._refusal import Refusal
from everact._text import text_of
from everact._turns import finished, message_in
from everact.codec import Decode, as_bytes, decode_outcome, failure_of
from everact.context import Context
from everact.errors import (
    Closed,
    StateMismatch,
    Unavailable,
    UnknownHandler,
    UnknownKind,
    from_code,
)
from everact.reference import Maker, Reference, TypedReference, reference_maker
from everact.state import Activation

if TYPE_CHECKING:
    from everact._core import Event, Reply
    from everact._within import Within
    from everact.actor import Actor
    from everact.handler import HandlerTable
    from everact.process_context import ProcessContext

LOG: Final = logging.getLogger("everact")

DISPATCH_S: Final = 0.00015
"""How long events are dealt with in one go, before the loop's other work gets its chance."""
DISPATCH_STEP: Final = 16
"""Events between two looks at the clock."""
DEPTH_MAX: Final = 24
"""Turns on top of one another on one stack, in a chain of asks; deeper ones start from the loop."""


class Lane(ProcessLane, Pace):
    """The one lane of an engine: its open asks, its activations, its running handlers."""

    def __init__(
        self,
        core: Core,
        kinds: list[KindTable],
        home: Home,
        loop: asyncio.AbstractEventLoop,
        row_max: int,
        message_bytes_max: int,
    ) -> None:
        """A lane on the loop that opened the engine; at most `row_max` asks in a row keep the loop to themselves."""
        ProcessLane.__init__(self, kinds, home)
        Pace.__init__(self, row_max)
        self.core = core
        self.message_bytes_max = message_bytes_max
        self.loop = loop
        self.kinds = kinds
        self.activations: dict[int, Activation] = {}
        self._mismatched: dict[int, str] = {}
        self.pending: dict[int, asyncio.Future[Reply]] = {}
        self.tasks: dict[int, tuple[asyncio.Task[list[Event]], Within | None]] = {}
        self.cancelling: dict[int, int] = {}
        self.ending = Ending(self, core)
        self.closed: asyncio.Future[None] = loop.create_future()
        self.slow = ""
        """The turn that was named last while it held up the loop."""
        self._events: deque[Event] = deque()
        self._dispatching = False
        self._depth = 0
        self._is_later = False
        self._is_over = False
        self.by_actor: dict[object, Maker] = {}
        actors = [table for table in kinds if table.options.role == "actor"]
        self._by_name = {table.name: reference_maker(self, table) for table in actors}
        self.by_actor.update((table.declared, self._by_name[table.name]) for table in actors)

    def reference(
        self, kind: type[Actor] | str, key: str, context: Context | ProcessContext[Any] | None = None
    ) -> TypedReference | Reference:
        """The reference to an actor, for asks from outside or, with a context, from a turn."""
        if isinstance(kind, str):
            return Reference(self._maker_of(kind, self._by_name.get(kind))(key, context))
        return self.maker_of(kind, kind.__name__)(key, context)

    def maker_of(self, declared: object, name: str) -> Maker:
        """What makes references to what was declared, a class or a generated kind; `UnknownKind` tells the name."""
        return self._maker_of(name, self.by_actor.get(declared))

    def _maker_of(self, name: str, found: Maker | None) -> Maker:
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
        key = turn.key if turn.process is None else str(turn.process)
        if key is None:
            text = self._mismatched.get(turn.activation)
            if text is None:
                raise Refusal(Unavailable.code, "the actor is being read anew, after a turn that failed", leaves=True)
            raise Refusal(StateMismatch.code, text, leaves=True)
        try:
            made = table.activate(key, turn.state)
        except BaseException as error:
            text = f"the stored state of {table.name}/{key} does not fit its declaration: {text_of(error)}"
            self._mismatched[turn.activation] = text
            raise Refusal(StateMismatch.code, text, leaves=True) from None
        made.note_holders()
        self.activations[turn.activation] = made
        return made

    def run(self, turn: Turn) -> list[Event]:
        """Runs a turn that was handed out, or starts it where it may wait; what that caused."""
        held = before = context = here = None
        if turn.received:
            return self.hand_over(turn)
        try:
            table, handler = self.kinds[turn.kind], turn.handler
            entry = table.plain.get(handler)
            if entry is not None:
                caused = self.run_plain(turn, table, entry)
                return caused if isinstance(caused, list) else [(turn.ask, 0, as_bytes(caused))]
            entry = table.by_number.get(handler)
            if entry is None:
                return self._look(turn, table)
            held = self.activations.get(turn.activation) or self._activate(turn, table)
            if held.is_shared and not turn.nested:
                held.undo_strays(table.name)
            before = held.encode(held.actor) if turn.nested else held.accepted
            if entry.is_choice:
                entry = entry.chosen(held.actor)
            message = message_in(entry, turn.payload)
            context = table.context(self, turn, held) if entry.reaches else None
            if entry.may_suspend:
                return self._start(turn, entry, held, before, message, context)
            here = None if context is None else HERE.set(context)
            value = entry.invoke(held.actor, message, context)
            if entry.is_coroutine:
                value = finished(value)
            reply = entry.encode_reply(value) if context is None or not context._deferred else b""
            value = message = None
        except BaseException as error:
            return self.ending.fail(turn, held, before, error, context)
        finally:
            if here is not None:
                HERE.reset(here)
        return self.ending.succeed(turn, held, before, reply, context)

    def _look(self, turn: Turn, table: KindTable) -> list[Event]:
        """Runs a system turn, which reads or replaces a state; what that caused."""
        held = None
        try:
            if turn.handler not in (GET_STATE, REPLACE_STATE):
                raise Refusal(UnknownHandler.code, f"{table.name} has no handler of the number {turn.handler}")
            held = self.activations.get(turn.activation) or self._activate(turn, table)
            if held.is_shared:
                held.undo_strays(table.name)
            state = None if turn.handler == GET_STATE else table.replace(held, turn.payload)
            reply = held.stored() if state is None else b""
            wanted = None if state is None else table.replaced(held)
            return self.core.finish(turn, 0, reply, state, NO_TELLS, False, None, None, False, wanted)
        except BaseException as error:
            return self.ending.fail(turn, held, None, error)

    # Handlers that may wait

    def _start(
        self,
        turn: Turn,
        entry: HandlerTable,
        held: Activation,
        before: bytes,
        message: Any,
        context: Context | ProcessContext[Any] | None,
    ) -> list[Event]:
        work = self._conduct(turn, entry, held, before, message, context)
        try:
            task = eager_task(work, self.loop)
        except BaseException as error:  # the handler has not begun, or the loop has not taken its next step
            return _broken_off(work, error)
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
        context: Context | ProcessContext[Any] | None,
    ) -> list[Event]:
        """One turn in a task of its own; what it caused, for `_start` where it did not wait."""
        if context is not None:
            HERE.set(context)
        try:
            value = await entry.invoke(held.actor, message, context)
            reply = entry.encode_reply(value) if context is None or not context._deferred else b""
            value = None
        except BaseException as error:
            if self._is_over:
                raise
            events = self.ending.fail(turn, held, before, error, context)
        else:
            if self._is_over:
                return []
            message = None
            events = self.ending.succeed(turn, held, before, reply, context)
        if self.tasks.pop(turn.id, None) is None:
            return events
        self.cancelling.pop(turn.id, None)
        self.take(events)
        return []

    # Events

    def take(self, events: list[Event]) -> None:
        """Takes events that came from the core and deals with them."""
        if not self._events and len([event for event in events if type(event) is tuple]) == len(events):
            wake(events, self.pending, self.loop)  # type: ignore[arg-type]
            return
        self._events.extend(events)
        self.dispatch()

    def dispatch(self) -> None:
        """Deals with the queued events, in order; those that they cause join the queue."""
        if self._dispatching or self._is_later:
            return
        self._dispatching = True
        events, budget, ends = self._events, DISPATCH_STEP, 0.0
        replies: list[Reply] = []
        try:
            while events:
                if not budget:  # the first steps cost no look at the clock: most rounds are short
                    now = time.perf_counter()
                    if ends and now > ends:
                        break
                    ends, budget = ends or now + DISPATCH_S, DISPATCH_STEP
                budget -= 1
                event = events.popleft()
                if type(event) is tuple:
                    replies.append(event)
                elif type(event) is Turn:
                    try:
                        events.extend(self.run(event))
                    except BaseException:
                        if event.id not in self.tasks:
                            event.is_lost = True
                        raise
                elif type(event) is Notification:
                    self._notification(event)
        finally:
            self._dispatching = False
            if replies:
                wake(replies, self.pending, self.loop)
            if events:  # the loop's other work gets its chance, or an error has come through
                self._is_later = True
                self.loop.call_soon(self._dispatch_later)

    def _dispatch_later(self) -> None:
        self._is_later = False
        self.dispatch()

    def end_lost_turns(self) -> None:
        """Completes the turns whose objects are gone: an exception came through where nothing could catch it."""
        for turn, activation in self.core.unfinished():
            self.tasks.pop(turn, None)
            self.take(self.ending.abandon(turn, activation))

    def _notification(self, notification: Notification) -> None:
        if notification.name == "forget":
            self.activations.pop(notification.id, None)
            self._mismatched.pop(notification.id, None)
        elif notification.name == "cancel_turn":
            self._cancel_turn(notification)
        elif notification.name == "receive_timed_out":
            self.time_out(notification.id)
        elif notification.name == "notice":
            LOG.warning("%s: %s", type(from_code(notification.code, "")).__name__, notification.text)
        elif notification.name == "slow_turn":
            self._slow_turn(notification.text)
        elif notification.name == "log":
            log_line(notification.code, notification.text)
        elif notification.name == "closed" and not self.closed.done():
            self.closed.set_result(None)

    def _slow_turn(self, text: str) -> None:
        """Logs a turn that has been open for long, unless its handler held up the loop and was named then."""
        named = text.partition(" has been open")[0]
        if named != self.slow:
            LOG.warning("SlowTurn: %s", text)

    def _cancel_turn(self, notification: Notification) -> None:
        running = self.tasks.get(notification.id)
        if running is None:
            return
        task, context = running
        if context is not None:
            context._end()
        self.cancelling[notification.id] = notification.code
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
                    except BaseException:
                        if event.id not in self.tasks:
                            event.is_lost = True
                        raise
                    finally:
                        self._depth -= 1
                else:
                    self._events.append(event)
            events = caused
        return outcome

    def answer(self, turn: Turn) -> bytes | int | Reply | list[Event]:
        """Runs an ask's own turn on the asker's stack: its reply or outcome where that is all, else what it caused."""
        if self._depth >= DEPTH_MAX:
            return [turn]
        self._depth += 1
        try:
            table = self.kinds[turn.kind]
            entry = table.plain.get(turn.handler)
            if entry is not None:
                return self.run_plain(turn, table, entry)
            events = self.run(turn)
        except BaseException:
            if turn.id not in self.tasks:
                turn.is_lost = True
            raise
        finally:
            self._depth -= 1
        if len(events) == 1:
            [event] = events
            if type(event) is tuple and event[0] == turn.ask:
                return event
        return events

    async def _wait(self, ask: int, waiter: asyncio.Future[Reply], decode: Decode) -> Any:
        try:
            return decode_outcome(await waiter, decode)
        except asyncio.CancelledError:
            self.give_up(ask)
            raise

    async def committed(self, ask: int) -> None:
        """Waits for the commit of a turn that its asker has run; raises what has become of it instead."""
        waiter = self.pending[ask] = asyncio.Future(loop=self.loop)
        try:
            outcome = await waiter
        except asyncio.CancelledError:
            self.give_up(ask)
            raise
        if outcome[1]:
            raise failure_of(outcome[1], outcome[2])  # type: ignore[arg-type]

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


def _broken_off(work: Coroutine[Any, Any, list[Event]], error: BaseException) -> list[Event]:
    """Ends a turn that waits and that nobody will wake; what that caused. Raises the error where it has not begun."""
    for thrown in (error, GeneratorExit()):
        try:
            work.throw(thrown)
        except StopIteration as stop:
            events: list[Event] = stop.value
            return events
        except BaseException:
            break
    raise error
