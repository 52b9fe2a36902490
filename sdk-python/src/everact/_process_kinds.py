"""Tables of kinds of processes: of classes with handlers, and of functions that receive their messages."""

from __future__ import annotations

import inspect
import typing
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from everact._home import Home
from everact._kinds import ClassTable, KindTable
from everact._refusal import Refusal
from everact._text import text_of
from everact.actor import ActorMeta, kind_of
from everact.codec import (
    ABSENT,
    Decode,
    Encode,
    decode_undeclared,
    encoder,
    message_decoder,
    plain_type,
    unsendable,
)
from everact.errors import InvalidArgument, InvalidDeclaration, StateMismatch, UnknownHandler
from everact.event_manager import EventManager
from everact.handler import HandlerTable, may_suspend
from everact.process import ProcessFunction
from everact.process_context import ProcessContext
from everact.signals import DOWN, EXIT, GROUP, MANAGER, Down, Exit, HandlerGone, Joined, Left, signal_of
from everact.state import Activation, StateKind

if TYPE_CHECKING:
    from everact._core import Turn
    from everact._lane import Lane

RUN: Final = 0xFFFD
"""The number of the turn that is a process function."""
_SIGNALS: Final = (Exit, Down, Joined, Left, HandlerGone)


def process_table(index: int, declared: object, home: Home) -> KindTable:
    """The table of a kind of processes."""
    from everact._behaviours import MachineTable, ServerTable
    from everact._event_managers import ManagerTable

    if isinstance(declared, ProcessFunction):
        return FunctionTable(index, declared, home)
    if isinstance(declared, EventManager):
        return ManagerTable(index, declared, home)
    if isinstance(declared, ActorMeta) and declared.__everact_options__.role == "process":
        behaviour = declared.__everact_options__.behaviour
        of: type[ProcessTable] = {"server": ServerTable, "state_machine": MachineTable}.get(
            behaviour or "", ProcessTable
        )
        return of(index, declared, home)
    raise InvalidDeclaration(
        f"{declared!r} is neither a subclass of Process nor a function with @process nor an EventManager"
    )


class ProcessActivation(Activation):
    """A process in memory. What its turns do counts at once, so there is no state to go back to."""

    __slots__ = ("_kind", "context")

    accepted = b""

    def __init__(self, made: Any, key: str, kind: StateKind | None = None) -> None:
        """An object and how its fields are written, or what a function begins with."""
        super().__init__(made, key, _no_state)
        self._kind = kind
        self.context: ProcessContext[Any] | None = None
        """Of a function, what receives its messages."""

    def stored(self) -> bytes:
        """The fields' bytes."""
        return self._fields().encode(self.actor)

    def replace(self, state: bytes) -> bytes:
        """Gives every field the value that it has in another state; other attributes stay."""
        read = self._fields().decode(state)
        for field in self.actor.__struct_fields__:
            setattr(self.actor, field, getattr(read, field))
        return self.stored()

    def _fields(self) -> StateKind:
        if self._kind is None:
            raise Refusal(UnknownHandler.code, "a process function has no state that could be read or replaced")
        return self._kind

    def taken(self, before: bytes, writes: bool, /) -> bytes | None:
        """None: a process stores nothing."""
        return None

    def taken_nested(self, before: bytes) -> bytes | None:
        """The same for a turn within another one."""
        return None

    def put_back(self, state: bytes, *, in_place: bool) -> None:
        """Does nothing: what was done was done."""


def _no_state(_: object) -> bytes:
    return b""


class ProcessTable(ClassTable):
    """The table of a class of processes."""

    __slots__ = ()

    def __init__(self, index: int, declared: ActorMeta, home: Home) -> None:
        """Reads a class; raises `InvalidDeclaration` where its processes could not be."""
        super().__init__(index, declared, home)
        if "passivating" in self.hooks:
            raise InvalidDeclaration(f"{self.name}: a process does not passivate: it lives until it ends")
        if declared.__everact_options__.behaviour is None:
            self.plain = {
                table.index: table for table in self.handlers if not (table.wants_context or table.may_suspend)
            }

    def activate(self, key: str, stored: bytes | None) -> Activation:
        """A process with the initial values that it was spawned with."""
        return ProcessActivation(self.state.decode(stored or b"{}"), key, self.state)

    def encode_initial(self, given: Any) -> bytes:
        """An instance's fields, which a process begins with; `InvalidArgument` if they cannot be read again."""
        try:
            return self.state.fit.check(given, self.state.encode(given))
        except Refusal as misfit:
            raise InvalidArgument(f"{self.name}: {misfit.text}") from None
        except Exception as error:
            raise InvalidArgument(f"{self.name}: {self.state.fit.misfit(given, error).text}") from None


class FunctionTable(KindTable):
    """The table of a process function: its messages' types are its handlers."""

    __slots__ = ("_decode", "_encode", "_takes", "by_type")

    def __init__(self, index: int, declared: ProcessFunction[Any, Any], home: Home) -> None:
        """Reads the function's signature."""
        options, function = declared.options, declared.function
        kind = options.kind
        messages, argument = _signature(kind, function)
        handlers = [MessageTable(kind, number, of, home) for number, of in enumerate(messages)]
        super().__init__(index, function.__name__, declared, options, list(handlers))
        self.by_type = dict(zip(messages, handlers, strict=True))
        self.doc = inspect.cleandoc(function.__doc__ or "") or None
        self._takes = argument is not ABSENT
        self._encode: Encode = encoder(argument) if self._takes else _no_state
        self._decode: Decode = (
            message_decoder(argument, f"{kind}, its argument", home.read) if self._takes else decode_undeclared
        )
        self.by_number[RUN] = FunctionEntry(kind, function, takes=self._takes)

    def encode_argument(self, argument: Any) -> bytes:
        """What a process of this function begins with."""
        if not self._takes and argument is not None:
            raise InvalidArgument(f"{self.name} takes no argument")
        try:
            payload = self._encode(argument)
            self._decode(payload)
        except Exception as error:
            if isinstance(error, InvalidArgument):
                raise
            raise unsendable(f"{self.name}, its argument", argument, error) from error
        return payload

    def activate(self, key: str, stored: bytes | None) -> Activation:
        """A process whose function is to run."""
        try:
            argument = self._decode(stored or b"") if self._takes else None
        except Exception as error:
            raise Refusal(StateMismatch.code, f"{self.name}, its argument: {text_of(error)}") from None
        return ProcessActivation(argument, key)

    def received(self, turn: Turn, home: Home) -> Any:
        """The message in an event; `InvalidPayload` if it does not fit."""
        if turn.handler in (EXIT, DOWN, GROUP, MANAGER):
            return signal_of(turn.handler, turn.payload, home)
        return self.by_number[turn.handler].message(turn.payload)

    def context(self, lane: Lane, turn: Turn, held: Activation) -> ProcessContext[Any]:
        """What the function gets."""
        made: ProcessContext[Any] = ProcessContext(lane, self, turn.id, int(held.key))
        if isinstance(held, ProcessActivation):
            held.context = made
        return made


class MessageTable(HandlerTable):
    """A type of messages that a process function takes, as its handler."""

    __slots__ = ()

    def __init__(self, kind: str, index: int, of: type[Any], home: Home) -> None:
        """The codecs of a type."""
        self.attribute = self.name = kind_of(of.__name__)
        self.index = index
        self.label = f"{kind}.{self.name}"
        self.function = of
        self.extras = {"bytes": True} if of is bytes else {}
        self.read_only = self.reentrant = self.idempotent = False
        self.parameter, self.default = "message", ABSENT
        self.plain_message, self.plain_reply = plain_type(of), None
        self.encode_message = encoder(of)
        self.decode_message = message_decoder(of, self.label, home.read)
        self.encode_reply, self.decode_reply = encoder(ABSENT), decode_undeclared
        self.reaches = self.wants_context = True


class FunctionEntry(HandlerTable):
    """The turn of a process function, which lives as long as the process."""

    __slots__ = ()

    def __init__(self, kind: str, function: Callable[..., Any], *, takes: bool) -> None:
        """The function, with an argument or without."""
        self.attribute = self.name = "run"
        self.index = RUN
        self.label = f"{kind}.run"
        self.function = function
        self.extras = {}
        self.read_only = self.reentrant = self.idempotent = False
        self.parameter, self.default = None, None
        self.plain_message = self.plain_reply = None
        self.encode_message, self.decode_message = _no_state, decode_undeclared
        self.encode_reply, self.decode_reply = _no_state, decode_undeclared
        self.reaches = self.wants_context = True
        self.is_coroutine, self.may_suspend = True, may_suspend(function)
        if takes:
            self.invoke = lambda argument, _message, context: function(context, argument)
        else:
            self.invoke = lambda _argument, _message, context: function(context)


def _signature(kind: str, function: Callable[..., Any]) -> tuple[list[type[Any]], Any]:
    """The types of the messages, and the argument's type or `ABSENT`."""
    try:
        hints = typing.get_type_hints(function, include_extras=True)
    except Exception as error:
        raise InvalidDeclaration(f"{kind}: its annotations cannot be read: {error}") from error
    parameters = list(inspect.signature(function).parameters.values())
    if not 1 <= len(parameters) <= 2 or any(one.kind is not one.POSITIONAL_OR_KEYWORD for one in parameters):
        raise InvalidDeclaration(f"{kind}: a process function takes its context and at most one argument")
    context = hints.get(parameters[0].name)
    if context is not ProcessContext and typing.get_origin(context) is not ProcessContext:
        raise InvalidDeclaration(f"{kind}: its first parameter is a ProcessContext[...] of the messages that it takes")
    messages = [of for part in typing.get_args(context) for of in _members(kind, part) if of not in _SIGNALS]
    names = [kind_of(of.__name__) for of in messages]
    for name in names:
        if names.count(name) > 1:
            raise InvalidDeclaration(f"{kind}: two types of messages have the name {name}")
    return messages, hints.get(parameters[1].name, Any) if len(parameters) == 2 else ABSENT


def _members(kind: str, declared: Any) -> list[type[Any]]:
    """The types in a union; none in `NoReturn`, of a function that takes no message."""
    if declared is typing.NoReturn or declared is getattr(typing, "Never", None):
        return []
    members = [of for part in typing.get_args(declared) for of in _members(kind, part)]
    if members:
        return members
    if declared in (Any, type(None)) or not isinstance(declared, type):
        raise InvalidDeclaration(f"{kind}: a message is of a class of its own, not {declared}; name each in a union")
    return [declared]
