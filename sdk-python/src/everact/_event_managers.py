"""Tables of event managers: the classes of their handlers, and the one turn that is any callback of any of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

import msgspec

from everact._behaviours import ValueHook
from everact._home import Home
from everact._kinds import KindTable
from everact._process_kinds import MessageTable, ProcessActivation
from everact._refusal import Refusal
from everact.actor import ActorMeta
from everact.codec import encode_message
from everact.errors import InvalidArgument, InvalidDeclaration
from everact.event_manager import After, EventContext, EventHandler, EventManager, Leaving, Refuse
from everact.exit_reason import ExitReason
from everact.handler import HandlerTable
from everact.server import content
from everact.signals import DOWN, GROUP, MANAGER, Exit, Who, signal_of, who_of
from everact.state import Activation, StateKind

if TYPE_CHECKING:
    from everact._core import Turn
    from everact._lane import Lane

_EVENTS: Final = ("on_event", "on_call")
_VALUES: Final = ("init", "on_info", "on_exit", "terminate")
_NOTHING: Final = msgspec.Raw(b"null")
_ABSENT: Final = msgspec.Raw()


class _Asked(msgspec.Struct, rename={"from_": "from"}):
    """What is to be done with which handler, as the core writes it."""

    handler: str
    do: str
    argument: msgspec.Raw = _NOTHING
    after: msgspec.Raw = _ABSENT
    event: msgspec.Raw = _NOTHING
    name: str = ""
    message: msgspec.Raw = _NOTHING
    note: msgspec.Raw = _ABSENT
    from_: Who = Who()
    reason: ExitReason = ExitReason.NORMAL
    query: msgspec.Raw = _NOTHING
    why: msgspec.Raw = _NOTHING


class _Argument(msgspec.Struct):
    type: str
    argument: msgspec.Raw = _NOTHING


_DECODE: Final = msgspec.json.Decoder(_Asked).decode
_DECODE_ARGUMENT: Final = msgspec.json.Decoder(_Argument).decode


class HandlerKind:
    """All that is known of one class of handlers."""

    __slots__ = ("callbacks", "name", "state")

    def __init__(self, manager: str, declared: type[EventHandler], home: Home) -> None:
        """Reads a class; raises `InvalidDeclaration` where it cannot be a handler."""
        if not (isinstance(declared, ActorMeta) and declared.__everact_options__.role == "handler"):
            raise InvalidDeclaration(f"{manager}: {declared!r} is not a subclass of EventHandler")
        self.name = declared.__everact_options__.kind
        label = f"{manager}.{self.name}"
        self.state = StateKind(declared, label, home.read)
        self.callbacks: dict[str, HandlerTable] = {}
        for name in (*_EVENTS, *_VALUES):
            function: Callable[..., Any] | None = getattr(declared, name, None)
            if function is None:
                continue
            of = ValueHook if name in _VALUES else HandlerTable
            table = of(label, name, MANAGER, function)
            if not issubclass(EventContext, table.context_type):
                raise InvalidDeclaration(
                    f"{table.label} takes a {table.context_type.__name__}, and it is an EventContext"
                )
            self.callbacks[name] = table


class ManagerTable(KindTable):
    """The table of a kind of event managers."""

    __slots__ = ("kinds",)

    def __init__(self, index: int, declared: EventManager, home: Home) -> None:
        """Reads a declaration; raises `InvalidDeclaration` where it cannot be used."""
        options = declared.options
        handlers = [MessageTable(options.kind, number, of, home) for number, of in enumerate(declared.messages)]
        super().__init__(index, options.kind, declared, options, list(handlers))
        kinds = [HandlerKind(options.kind, of, home) for of in declared.handlers]
        self.kinds = {kind.name: kind for kind in kinds}
        if len(self.kinds) < len(kinds):
            raise InvalidDeclaration(f"{self.name}: two classes of handlers have the same name")
        self.by_number[MANAGER] = Callbacks(self, home)

    def argument(self, handler: EventHandler) -> dict[str, Any]:
        """A handler as it travels; `InvalidArgument` if it is none of this manager's or cannot be read again."""
        options = getattr(type(handler), "__everact_options__", None)
        kind = self.kinds.get(options.kind if options is not None and options.role == "handler" else "")
        if kind is None or kind.state.actor is not type(handler):
            names = ", ".join(self.kinds) or "none"
            raise InvalidArgument(f"{self.name} has no handlers of the class {type(handler).__name__}; it has {names}")
        try:
            state = kind.state.fit.check(handler, kind.state.encode(handler))
        except Refusal as misfit:
            raise InvalidArgument(f"{self.name}.{kind.name}: {misfit.text}") from None
        except Exception as error:
            text = kind.state.fit.misfit(handler, error).text
            raise InvalidArgument(f"{self.name}.{kind.name}: {text}") from None
        return {"type": kind.name, "argument": msgspec.Raw(state)}

    def made(self, argument: msgspec.Raw) -> tuple[HandlerKind, Any]:
        """The handler that travelled."""
        try:
            given = _DECODE_ARGUMENT(argument)
            kind = self.kinds[given.type]
        except (msgspec.MsgspecError, KeyError) as error:
            raise InvalidArgument(f"{self.name}: this is no handler of it: {error}") from None
        return kind, kind.state.decode(given.argument if given.argument != _NOTHING else b"{}")

    def activate(self, key: str, stored: bytes | None) -> Activation:
        """A manager without handlers."""
        handlers: dict[str, tuple[HandlerKind, Any]] = {}
        return ProcessActivation(handlers, key)

    def context(self, lane: Lane, turn: Turn, held: Activation) -> EventContext:
        """What a turn's code gets that asks for its context."""
        return EventContext(lane, turn, self, held.key)

    def declaration(self) -> dict[str, Any]:
        """The kind as the core's configuration wants it."""
        return {**super().declaration(), "behaviour": "event_manager"}


class Callbacks(HandlerTable):
    """The turn that is a callback of a handler; the manager's object is its handlers by their names."""

    __slots__ = ("_home", "_manager")

    def __init__(self, manager: ManagerTable, home: Home) -> None:
        """The manager whose handlers they are."""
        super().__init__(manager.name, "callback", MANAGER, _nothing)
        self._manager = manager
        self._home = home
        self.parameter = "callback"
        self.encode_reply = _as_it_is
        self.reaches = self.wants_context = True
        self.is_coroutine = self.may_suspend = True
        self.invoke = self._run

    def message(self, payload: bytes) -> Any:
        """What is to be done."""
        return _DECODE(payload)

    async def _run(self, handlers: dict[str, tuple[HandlerKind, Any]], asked: _Asked, ctx: EventContext) -> bytes:
        ctx._id = asked.handler
        if asked.do == "init":
            return await self._begin(handlers, asked, ctx)
        found = handlers.pop(asked.handler, None) if asked.do == "terminate" else handlers.get(asked.handler)
        if found is None:
            return b""
        kind, handler = found
        if asked.do == "event":
            await _call(kind.callbacks.get("on_event"), handler, asked.event, ctx)
        elif asked.do == "call":
            table = kind.callbacks.get("on_call")
            return _reply(table, await _call(table, handler, asked.query, ctx))
        elif asked.do == "terminate":
            table = kind.callbacks.get("terminate")
            return _reply(table, await _invoke(table, handler, _leaving(asked.why), ctx))
        elif asked.do == "exit":
            came = Exit(who_of(asked.from_, self._home), asked.reason)
            await _invoke(kind.callbacks.get("on_exit"), handler, came, ctx)
        else:
            await _invoke(kind.callbacks.get("on_info"), handler, self._info(asked), ctx)
        return b""

    async def _begin(self, handlers: dict[str, tuple[HandlerKind, Any]], asked: _Asked, ctx: EventContext) -> bytes:
        kind, handler = self._manager.made(asked.argument)
        after = None if asked.after == _ABSENT else _after(asked.after)
        try:
            await _invoke(kind.callbacks.get("init"), handler, after, ctx)
        except Refuse as refused:
            ctx._want("refuse", content("the reason", refused.reason))
        else:
            handlers[asked.handler] = kind, handler
        return b""

    def _info(self, asked: _Asked) -> Any:
        """A message that was told to the manager, or what comes of its ties."""
        if asked.note == _ABSENT:
            return self._manager.by_name[asked.name].message(bytes(asked.message))
        note = bytes(asked.note)
        return signal_of(GROUP if "group" in msgspec.json.decode(note) else DOWN, note, self._home)


async def _call(table: HandlerTable | None, handler: Any, value: msgspec.Raw, ctx: EventContext) -> Any:
    """A callback whose value is of the type that it declares."""
    if table is None:
        return None
    if table.parameter is None:
        return await _invoke(table, handler, None, ctx)
    return await _invoke(table, handler, table.message(bytes(value)), ctx)


async def _invoke(table: HandlerTable | None, handler: Any, value: Any, ctx: EventContext) -> Any:
    if table is None:
        return None
    given = table.invoke(handler, value, ctx)
    return await given if table.is_coroutine else given


def _reply(table: HandlerTable | None, value: Any) -> bytes:
    return b"" if table is None else encode_message(value)


def _after(given: msgspec.Raw) -> After:
    after = msgspec.json.decode(given, type=After)
    return (
        after
        if after.why in ("left", "unknown")
        else After(after.why, None, msgspec.json.decode(given, type=ExitReason))
    )


def _leaving(given: msgspec.Raw) -> Leaving:
    leaving = msgspec.json.decode(given, type=Leaving)
    if leaving.why in ("asked", "removed", "supervisor_exited", "stopped"):
        return leaving
    return Leaving(leaving.why, None, msgspec.json.decode(given, type=ExitReason))


def _nothing(_handlers: object) -> None:
    """Stands for the callbacks, which are methods of other classes."""


def _as_it_is(reply: Any) -> bytes:
    given: bytes = reply
    return given
