"""Tables of servers and state machines: their hooks, which function a state has, and how a callback is left."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar, Final

import msgspec

from everact._home import Home
from everact._kinds import ACTIVATED, ClassTable
from everact._process_kinds import ProcessTable
from everact._refusal import Refusal
from everact._text import name_of, named_text_of, stack_of
from everact._within import ProcessExit
from everact.application import ApplicationError
from everact.codec import ABSENT, Decode, Read, decode_undeclared
from everact.context import Context
from everact.errors import BY_CODE, InvalidArgument, InvalidDeclaration, StateMismatch, UnknownHandler
from everact.exit_reason import ExitReason
from everact.handler import HandlerTable, handlers_of, marks_of
from everact.server import ServerContext
from everact.signals import DOWN, EXIT, GROUP, MANAGER
from everact.state import Activation
from everact.state_machine import StateMachineContext, Timeout, hooks_of

if TYPE_CHECKING:
    from everact._core import Turn
    from everact._lane import Lane
    from everact.actor import ActorOptions

TIMEOUT: Final = 0xFFF9
"""The number of the turn of a time-out."""
ENTER: Final = 0xFFF8
"""The number of the turn in which a state is entered."""
CONTINUE: Final = 0xFFF7
"""The number of the turn that a server has asked for to go on."""

_STOPPED: Final = b"{}"
_STATE_HOOKS: Final = {
    "on_timeout": TIMEOUT,
    "on_enter": ENTER,
    "on_exit": EXIT,
    "on_down": DOWN,
    "on_group": GROUP,
    "on_handler_gone": MANAGER,
}


class ValueHook(HandlerTable):
    """A hook whose value the core has made, or the SDK."""

    __slots__ = ("_read",)

    def __init__(
        self, kind: str, name: str, number: int, function: Callable[..., Any], read: Decode = decode_undeclared
    ) -> None:
        """Reads the method's signature; `read` makes the value of a payload."""
        super().__init__(kind, name, number, function)
        self._read = read
        self.reaches = True

    def message_decoder(self, declared: Any, read: Read) -> Decode:
        """The value is of the hook's own type."""
        return decode_undeclared

    def message(self, payload: bytes) -> Any:
        """The value."""
        return self._read(payload)


class Callback(HandlerTable):
    """A callback of a server or a state machine: another entry, and what is done around its function."""

    __slots__ = ("_inner",)

    def __init__(self, inner: HandlerTable, around: Around, *, ends: bool) -> None:
        """`ends` says that `terminate` runs where the function raises or exits."""
        for slot in HandlerTable.__slots__:
            setattr(self, slot, getattr(inner, slot))
        self._inner = inner
        self.reaches = True
        end = around.terminate if ends else None
        if inner.is_coroutine or (end is not None and end.is_coroutine):
            self.is_coroutine = self.may_suspend = True
            self.invoke = _waiting(inner, around, end)
        else:
            self.invoke = _at_once(inner, around, end)

    @property
    def is_short(self) -> bool:
        """Its turns run by the lane."""
        return False

    def message(self, payload: bytes) -> Any:
        """The message in a payload."""
        return self._inner.message(payload)


class Around:
    """What is done around each callback of a kind."""

    def __init__(self, terminate: HandlerTable | None) -> None:
        """`terminate` is what runs before a process ends."""
        self.terminate = terminate

    def begin(self, entry: HandlerTable, message: Any, context: Any) -> None:
        """Before it: the parent's exit ends the process, and so does a request to stop, which somebody waits for."""
        if entry.index == EXIT and message.from_parent:
            exit_ = ProcessExit(message.reason)
            exit_.reply = _STOPPED
            raise exit_

    def done(self, entry: HandlerTable, actor: Any, context: Any) -> None:
        """After it has returned."""

    def failed(self, entry: HandlerTable, actor: Any, message: Any, context: Any) -> None:
        """After it has raised or exited, before `terminate`."""


def _at_once(inner: HandlerTable, around: Around, end: HandlerTable | None) -> Callable[[Any, Any, Any], Any]:
    def invoke(actor: Any, message: Any, context: Any) -> Any:
        try:
            around.begin(inner, message, context)
            value = inner.invoke(actor, message, context)
            around.done(inner, actor, context)
            return value
        except (Exception, ProcessExit) as error:
            around.failed(inner, actor, message, context)
            if end is not None and _is_end(error, context):
                end.invoke(actor, reason_of(error), context)
            raise

    return invoke


def _waiting(inner: HandlerTable, around: Around, end: HandlerTable | None) -> Callable[[Any, Any, Any], Any]:
    async def invoke(actor: Any, message: Any, context: Any) -> Any:
        try:
            around.begin(inner, message, context)
            value = inner.invoke(actor, message, context)
            if inner.is_coroutine:
                value = await value
            around.done(inner, actor, context)
            return value
        except (Exception, ProcessExit) as error:
            around.failed(inner, actor, message, context)
            if end is not None and _is_end(error, context):
                ending = end.invoke(actor, reason_of(error), context)
                if end.is_coroutine:
                    await ending
            raise

    return invoke


def _is_end(error: BaseException, context: Context) -> bool:
    """Whether a process ends with it: an application's error is an answer where somebody waits for one."""
    return context.is_tell or not isinstance(error, ApplicationError)


def reason_of(error: BaseException) -> ExitReason:
    """With what a process ends whose callback has raised this."""
    if isinstance(error, ProcessExit):
        return error.reason
    if isinstance(error, Refusal):
        return ExitReason("failed", name=BY_CODE[error.code].name, text=error.text, stack="")
    return ExitReason("failed", name=name_of(error), text=named_text_of(error), stack=stack_of(error))


def _terminate_of(kind: str, actor: type[Any]) -> HandlerTable | None:
    function = getattr(actor, "terminate", None)
    return None if function is None else ValueHook(kind, "terminate", 0, function)


def _nothing(_payload: bytes) -> Any:
    return ABSENT


def _do_nothing(_actor: object) -> None:
    """The hook of a class that has none."""


class ServerTable(ProcessTable):
    """The table of a class of servers."""

    __slots__ = ()

    context_class = ServerContext

    def find_more_hooks(self, actor: type[Any], home: Home) -> None:
        """Takes the server's hooks, and has all callbacks left in its way."""
        timeout = ValueHook(self.name, "on_timeout", TIMEOUT, getattr(actor, "on_timeout", _do_nothing), _nothing)
        if timeout.parameter is not None:
            raise InvalidDeclaration(f"{self.name}.on_timeout takes no message, only a ServerContext")
        self.by_number[TIMEOUT] = timeout
        if hasattr(actor, "on_continue"):
            self.by_number[CONTINUE] = HandlerTable(self.name, "on_continue", CONTINUE, actor.on_continue, home.read)
        else:
            self.by_number[CONTINUE] = ValueHook(self.name, "on_continue", CONTINUE, _do_nothing)
        around = Around(_terminate_of(self.name, actor))
        for number, entry in self.by_number.items():
            if number != ACTIVATED:
                self.by_number[number] = Callback(entry, around, ends=True)
        self.by_number.setdefault(ACTIVATED, HandlerTable(self.name, "activated", ACTIVATED, _do_nothing))

    def context(self, lane: Lane, turn: Turn, held: Activation) -> ServerContext:
        """What a turn's code gets that asks for its context."""
        return ServerContext(lane, turn, self.name, held.key)


class Choice(HandlerTable):
    """Functions for one message or one hook, of which the machine's state chooses."""

    __slots__ = ("_any", "_by_state", "_missing", "_tables")

    is_choice = True

    def __init__(self, tables: list[HandlerTable], missing: Callable[[Any], HandlerTable]) -> None:
        """The functions, and what stands in where the state has none.

        Raises `InvalidDeclaration` where two are for the same state.
        """
        first = tables[0]
        for slot in HandlerTable.__slots__:
            setattr(self, slot, getattr(first, slot))
        self._tables = tables
        self._missing = missing
        wanted = [table.context_type for table in tables]
        self.context_type = next(
            (one for one in wanted if not issubclass(StateMachineContext, one)), first.context_type
        )
        self._any: HandlerTable | None = None
        self._by_state: dict[str, HandlerTable] = {}
        for table in tables:
            for state in _states_of(table.function) or ("",):
                if state in self._by_state or (not state and self._any is not None):
                    raise InvalidDeclaration(f"{table.label}: two functions are for {state or 'any state'}")
                if state:
                    self._by_state[state] = table
                else:
                    self._any = table

    @property
    def attributes(self) -> tuple[str, ...]:
        """The methods that a reference has for it."""
        return tuple(table.attribute for table in self._tables)

    @property
    def is_short(self) -> bool:
        """Its turns run by the lane."""
        return False

    def around(self, around: Around, *, ends: bool) -> None:
        """Has each be left in the machine's way."""
        self._any = None if self._any is None else Callback(self._any, around, ends=ends)
        self._by_state = {state: Callback(table, around, ends=ends) for state, table in self._by_state.items()}
        missing = self._missing
        self._missing = lambda actor: Callback(missing(actor), around, ends=ends)

    def chosen(self, actor: Any) -> HandlerTable:
        """The one for the machine's state."""
        return self._by_state.get(actor.state) or self._any or self._missing(actor)


def _states_of(function: Callable[..., Any]) -> tuple[str, ...]:
    marks = marks_of(function)
    if marks is not None:
        return marks.states
    mark = getattr(function, "__everact_hook__", None)
    return () if mark is None else mark.states


class AroundMachine(Around):
    """What is done around each callback of a kind of state machines: its state is changed when it has returned."""

    def done(self, entry: HandlerTable, actor: Any, context: StateMachineContext) -> None:
        """Has the object's state be the one that is wanted."""
        if actor.state != context._state:
            raise InvalidArgument("a machine's state is changed by ctx.next_state, and not by an assignment")
        if context._next is not None:
            actor.state = context._next
        elif entry.index == ACTIVATED:
            context._next = actor.state

    def failed(self, entry: HandlerTable, actor: Any, message: Any, context: StateMachineContext) -> None:
        """A state that could not be entered is not the machine's, nor is one that was wanted."""
        actor.state = message if entry.index == ENTER and isinstance(message, str) else context._state


class _Machine:
    """What tables of state machines have, be they processes or actors."""

    __slots__ = ()

    context_class: ClassVar[type[Context]] = StateMachineContext

    if TYPE_CHECKING:
        name: str
        title: str
        options: ActorOptions
        by_number: dict[int, HandlerTable]

    def handlers_in(self, actor: type[Any], kind: str, home: Home) -> list[HandlerTable]:
        """The tables of a class's handlers; those of one name are one choice."""
        by_name: dict[str, list[str]] = {}
        for attribute, function in handlers_of(actor).items():
            marks = marks_of(function)
            by_name.setdefault((marks and marks.name) or attribute, []).append(attribute)
        return [
            Choice(
                [HandlerTable(kind, each, number, getattr(actor, each), home.read) for each in attributes],
                _refuser(kind, name, number),
            )
            for number, (name, attributes) in enumerate(by_name.items())
        ]

    def find_more_hooks(self, actor: type[Any], home: Home) -> None:
        """Takes the machine's hooks and states, and has all callbacks left in its way."""
        options, hooks = self.options, hooks_of(actor)
        if not options.initial:
            head = f'class {self.title}(..., initial="...")'
            raise InvalidDeclaration(f"{self.name}: a state machine names the state that it begins in: {head}")
        for name, number in _STATE_HOOKS.items():
            self.by_number[number] = self._hook(name, number, actor, hooks, self.by_number.get(number))
        named = [state for function in handlers_of(actor).values() for state in _states_of(function)]
        named += [state for mark, _ in hooks.values() for state in mark.states]
        enters = hasattr(actor, "on_enter") or any(mark.name == "on_enter" for mark, _ in hooks.values())
        self.options = replace(  # type: ignore[misc]  # the table that it is mixed into has the slot
            options,
            states=tuple(dict.fromkeys([options.initial, *options.states, *named])),
            enter_calls=enters if options.enter_calls is None else options.enter_calls,
        )
        is_process = options.role == "process"
        around = AroundMachine(_terminate_of(self.name, actor) if is_process else None)
        activated = self.by_number.get(ACTIVATED) or HandlerTable(self.name, "activated", ACTIVATED, _do_nothing)
        for entry in self.by_number.values():
            if isinstance(entry, Choice):
                entry.around(around, ends=is_process)
        self.by_number[ACTIVATED] = Callback(activated, around, ends=False)

    def _hook(
        self,
        name: str,
        number: int,
        actor: type[Any],
        hooks: dict[str, Any],
        signal: HandlerTable | None,
    ) -> Choice:
        read = signal.message if signal is not None else _READS[number]
        tables: list[HandlerTable] = [
            ValueHook(self.name, method, number, function, read)
            for method, (mark, function) in hooks.items()
            if mark.name == name
        ]
        general = _do_nothing if name in hooks else getattr(actor, name, _do_nothing)
        tables.append(ValueHook(self.name, name, number, general, read))
        return Choice(tables, lambda _: tables[-1])

    def context(self, lane: Lane, turn: Turn, held: Activation) -> StateMachineContext:
        """What a turn's code gets that asks for its context."""
        return StateMachineContext(lane, turn, self, held.key, held.actor.state)  # type: ignore[arg-type]

    def declaration(self) -> dict[str, Any]:
        """The kind as the core's configuration wants it."""
        given: dict[str, Any] = super().declaration()  # type: ignore[misc]
        return {**given, "activated": True, "enter_calls": bool(self.options.enter_calls)}

    def activate(self, key: str, stored: bytes | None) -> Activation:
        """A machine in the state that it was in, or in its first one."""
        made: Activation = super().activate(key, stored)  # type: ignore[misc]
        if not made.actor.state:
            made.actor.state = self.options.initial
            if self.options.role == "actor":
                made.accepted = made.encode(made.actor)
        self.check_state(made.actor.state)
        return made

    def replace(self, held: Activation, state: bytes) -> bytes:
        """Puts a machine to another state, as after a load."""
        before = held.stored()
        stored: bytes = super().replace(held, state)  # type: ignore[misc]
        try:
            self.check_state(held.actor.state)
        except Refusal:
            held.replace(before)
            raise
        return stored

    def replaced(self, held: Activation) -> bytes:
        """The name of the state that it is in from now on."""
        return msgspec.json.encode({"next": held.actor.state})

    def check_state(self, name: str) -> None:
        """Refuses a state that is not declared."""
        if name not in self.options.states:
            raise Refusal(StateMismatch.code, f"{self.name} has no state {name!r}")


def _refuser(kind: str, name: str, number: int) -> Callable[[Any], HandlerTable]:
    """What stands in for a function that the state does not have."""

    def refuse(actor: Any) -> None:
        raise Refusal(UnknownHandler.code, f"{kind} has no handler {name} in the state {actor.state}")

    table = ValueHook(kind, name, number, refuse, _nothing)
    return lambda _: table


class _TimedOut(msgspec.Struct):
    timeout: str | dict[str, str]
    content: Any = None


_DECODE_TIMED_OUT: Final = msgspec.json.Decoder(_TimedOut).decode


def _timeout_of(payload: bytes) -> Timeout:
    given = _DECODE_TIMED_OUT(payload)
    return Timeout(given.timeout if isinstance(given.timeout, str) else given.timeout["name"], given.content)


_READS: Final[dict[int, Decode]] = {TIMEOUT: _timeout_of, ENTER: msgspec.json.decode}


class MachineTable(_Machine, ProcessTable):
    """The table of a class of state machines that are processes."""

    __slots__ = ()


class MachineActorTable(_Machine, ClassTable):
    """The table of a class of state machines that are actors."""

    __slots__ = ()
