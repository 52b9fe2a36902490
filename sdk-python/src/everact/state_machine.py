"""Declare a state machine: a process or an actor whose functions depend on its state, as OTP's gen_statem."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, NamedTuple, ParamSpec, TypeVar, overload

import msgspec

from everact.actor import Actor
from everact.codec import ABSENT
from everact.context import Context
from everact.errors import InvalidArgument, InvalidDeclaration, UnknownHandler
from everact.handler import Handler, name_of_handler
from everact.process import Process
from everact.reply_to import ReplyTo
from everact.server import content
from everact.timer import milliseconds

if TYPE_CHECKING:
    from everact._core import Turn
    from everact._kinds import KindTable
    from everact._lane import Lane

F = TypeVar("F", bound=Callable[..., Any])
P = ParamSpec("P")

_HOOK: Final = "__everact_hook__"
_HOOKS: Final = ("on_enter", "on_timeout", "on_exit", "on_down", "on_group", "on_handler_gone")
_UNNAMED: Final = ("state", "event")


class Timeout(msgspec.Struct, frozen=True):
    """A time-out that has come."""

    which: str
    """"state", "event", or the name of a named one."""
    content: Any = None
    """What it was given."""


class StateMachine(Process, behaviour="state_machine"):
    """The base of state machines that are processes.

    Class options, besides those of a process: `initial` (the state that it begins in), `states` (states that no
    function names) and `enter_calls` (whether `on_enter` runs; by default where there is such a hook).

    A handler is for any state, or with `@handler(state="locked")` for one; several may handle the same message in
    different states, under one `name`. Hooks, besides those of a process: `on_enter(ctx, previous)` runs when a state
    is entered, `on_timeout(ctx, timeout)` for a `Timeout`, `terminate(ctx, reason)` before it ends. With
    `@hook("on_enter", state="open")` a method is such a hook for one state. They may take a `StateMachineContext`.

        class Door(StateMachine, initial="locked"):
            @handler(state="locked")
            def unlock(self, ctx: StateMachineContext) -> None:
                ctx.next_state("open")
                ctx.state_timeout(10.0)

            @hook("on_timeout", state="open")
            def lock(self, ctx: StateMachineContext, timeout: Timeout) -> None:
                ctx.next_state("locked")
    """

    state: str = ""
    """The name of its state, which `next_state` changes; one that is given when it is spawned is where it begins."""


class StateMachineActor(Actor, behaviour="state_machine"):
    """The base of state machines that are actors, durable unless `transient=True`: the state is stored with the fields.

    All that is said of `StateMachine` holds, but there is no `terminate`. Time-outs are in memory; an actor with one
    that runs, or with an event that is postponed, does not leave memory for having been idle.
    """

    state: str = ""
    """The name of its state, which `next_state` changes."""


class HookMark(NamedTuple):
    """What `@hook(...)` said of a method."""

    name: str
    states: tuple[str, ...]


def hook(name: str, *, state: str | tuple[str, ...]) -> Callable[[F], F]:
    """Marks a method of a state machine as a hook for one state or several.

    Parameters:
        name: "on_enter", "on_timeout", "on_exit", "on_down", "on_group" or "on_handler_gone".
        state: the state or states.
    """
    if name not in _HOOKS:
        raise InvalidDeclaration(f"{name!r} is no hook that may be for a state: {', '.join(_HOOKS)}")
    states = (state,) if isinstance(state, str) else tuple(state)

    def mark(method: F) -> F:
        setattr(method, _HOOK, HookMark(name, states))
        return method

    return mark


def hooks_of(machine: type[Any]) -> dict[str, tuple[HookMark, Callable[..., Any]]]:
    """The methods of a class and its bases that are hooks for states, by their own names."""
    found: dict[str, tuple[HookMark, Callable[..., Any]]] = {}
    for base in reversed(machine.__mro__):
        for name, member in vars(base).items():
            found.pop(name, None)
            mark = getattr(member, _HOOK, None)
            if type(mark) is HookMark:
                found[name] = mark, member
    return found


class StateMachineContext(Context):
    """The turn of a state machine: what may be done in any, and what the machine is to do when the callback returns."""

    __slots__ = ("_actions", "_next", "_repeats", "_state", "_table")

    def __init__(self, lane: Lane, turn: Turn, table: KindTable, key: str, state: str) -> None:
        """Made by the lane, once a turn."""
        super().__init__(lane, turn, table.name, key)
        self._table = table
        self._state = state
        self._next: str | None = None
        self._repeats = False
        self._actions: list[dict[str, Any]] = []

    @property
    def is_internal(self) -> bool:
        """Whether the event is one that `next_event` inserted."""
        return self._turn.internal

    def next_state(self, name: str) -> None:
        """Goes to a state when the callback returns. `InvalidArgument` for one that is not declared."""
        self._turn_id()
        if name not in self._table.options.states:
            known = ", ".join(self._table.options.states)
            raise InvalidArgument(f"{self._kind} has no state {name!r}; it has {known}")
        self._next, self._repeats = name, False

    def repeat_state(self) -> None:
        """Enters the present state again: its enter call is made, and what was postponed comes again."""
        self._turn_id()
        self._next, self._repeats = None, True

    def postpone(self, on: bool = True) -> None:
        """Has this event come again when the state has changed; an ask stays open until then.

        With `on=False`, in an enter call, what its event wanted is taken back.
        """
        self._do({"postpone": on})
        if on:
            self._deferred = True

    @overload
    def next_event(self, handler: Handler[P, Any], /, *args: P.args, **kwargs: P.kwargs) -> None: ...
    @overload
    def next_event(self, handler: str, message: Any = ..., /) -> None: ...
    def next_event(self, handler: Any, /, *args: Any, **kwargs: Any) -> None:
        """Inserts an event before all that wait; several come in their order. `is_internal` tells it in its turn.

        Parameters:
            handler: one of the machine's own, by itself or by name.
            args, kwargs: its message.
        """
        self._insert(handler, args, kwargs, {})

    def next_ask(self, reply_to: ReplyTo, handler: Any, /, *args: Any, **kwargs: Any) -> None:
        """Inserts an event whose answer is that of an ask which was left open."""
        self._insert(handler, args, kwargs, {"type": "call", "ask": str(reply_to._ask)})

    def _insert(self, handler: Any, args: tuple[Any, ...], kwargs: dict[str, Any], more: dict[str, Any]) -> None:
        name = handler if isinstance(handler, str) else name_of_handler(handler)
        table = self._table.by_name.get(name or "")
        if table is None:
            raise UnknownHandler(f"{self._kind} has no handler {name or handler!r}")
        message = table.argument(args, kwargs)
        payload = {} if message is ABSENT else {"payload": content(f"the message of {table.label}", message)}
        self._do({"next_event": table.name, **payload, **more})

    def state_timeout(self, seconds: float | None, content: Any = None) -> None:
        """Starts the state's time-out anew, which a change of the state cancels; None is never."""
        self._start("state", seconds, content)

    def event_timeout(self, seconds: float | None, content: Any = None) -> None:
        """Starts the event's time-out anew, which any event cancels; None is never."""
        self._start("event", seconds, content)

    def named_timeout(self, name: str, seconds: float | None, content: Any = None) -> None:
        """Starts a named time-out anew, which runs until it is cancelled; None is never."""
        if name in _UNNAMED:
            raise InvalidArgument(f"a named time-out cannot be called {name!r}: use {name}_timeout")
        self._start(name, seconds, content)

    def update_timeout(self, which: str, content: Any = None) -> None:
        """Gives a time-out another content: "state", "event", or a named one. One that does not run comes at once."""
        self._do({"timeout": _which(which), "update": _content(content)})

    def cancel_timeout(self, which: str) -> None:
        """Cancels a time-out: "state", "event", or a named one."""
        self._do({"timeout": _which(which), "cancel": True})

    def hibernate(self) -> None:
        """Does nothing until the next event."""
        self._do({"hibernate": True})

    def _start(self, which: str, seconds: float | None, content: Any) -> None:
        after = None if seconds is None else milliseconds("seconds", seconds)
        self._do({"timeout": _which(which), "after_ms": after, "content": _content(content)})

    def _do(self, action: dict[str, Any]) -> None:
        self._turn_id()
        self._actions.append(action)

    def _wanted(self) -> bytes | None:
        wanted: dict[str, Any] = {}
        if self._next is not None:
            wanted["next"] = self._next
        elif self._repeats:
            wanted["repeat"] = True
        if self._actions:
            wanted["do"] = self._actions
        return msgspec.json.encode(wanted) if wanted else None


def _which(given: str) -> str | dict[str, str]:
    return given if given in _UNNAMED else {"name": given}


def _content(given: Any) -> msgspec.Raw:
    return content("the content of a time-out", given)
