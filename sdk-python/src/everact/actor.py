"""Declare an actor: a class whose typed fields are its state and whose handlers answer messages.

Each subclass of `Actor` is a kind. One instance per key comes to life on the first message; its fields are stored
after every turn that changed them. How a handler is declared is told in `handler.py`, how an actor is reached
in `reference.py`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, NoReturn, TypeVar

import msgspec

from everact._shape import WAS

if TYPE_CHECKING:
    from typing_extensions import Self

    from everact.metadata import Metadata

T = TypeVar("T")

Overflow = Literal["reject", "drop_oldest", "wait"]
"""What happens to a message that finds the mailbox full: refuse it, drop the oldest, or let the sender wait."""

_WORD_STARTS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


@dataclass(frozen=True)
class ActorOptions:
    """What a class said of its kind in its own head line."""

    kind: str
    """The kind's name in addresses and in the store."""
    transient: bool = False
    """State lives in memory only."""
    idle_timeout_ms: int | None = None
    """Idle time before the actor leaves memory; the engine's setting where None."""
    mailbox_capacity_messages: int | None = None
    """How many messages may wait; the engine's setting where None."""
    overflow: Overflow = "reject"
    """What happens to a message that finds the mailbox full."""
    exposed: bool = False
    """The gateway serves it to the network."""
    pool: str | None = None
    """The pool of processes in which its handlers run; None where they run on the engine's loop."""
    role: Literal["actor", "process", "receiver", "handler"] = "actor"
    """An actor, a process with handlers, one whose function receives its messages, or a handler of an event manager."""
    behaviour: Literal["server", "state_machine", "event_manager"] | None = None
    """Which general part of its program the core runs."""
    initial: str = ""
    """Of a state machine: the state that it begins in."""
    states: tuple[str, ...] = ()
    """Of a state machine: states that no function names."""
    enter_calls: bool | None = None
    """Of a state machine: whether a hook runs when a state is entered; None where there is such a hook."""


class _Field:
    """What `state` gives: msgspec's field, and the names that it had."""

    __slots__ = ("made", "was")

    def __init__(self, made: Any, was: tuple[str, ...]) -> None:
        self.made = made
        self.was = was


def state(default: T, *, was: str | tuple[str, ...] = ()) -> T:
    """Declares a field of the state that had another name.

        balance: int = state(0, was="cents")

    Parameters:
        default: its value in a new actor; lists, sets and dictionaries are copied for each.
        was: the name that it is stored by, or several, newest first. A value under today's name wins.

    In a record within the state the same is said with the type: `balance: Annotated[int, was("cents")]`.
    """
    return _Field(default, (was,) if isinstance(was, str) else was)  # type: ignore[return-value]


def was(*names: str) -> msgspec.Meta:
    """Declares the names that a field of a record within the state had.

    balance: Annotated[int, was("cents")] = 0
    """
    return msgspec.Meta(extra={WAS: names})


class ActorMeta(msgspec.StructMeta):
    """Reads the options in a class's head line: `class Cart(Actor, transient=True)`."""

    __everact_options__: ActorOptions
    __everact_was__: dict[str, str]

    def __new__(
        mcls,
        name: str,
        bases: tuple[type, ...],
        namespace: dict[str, Any],
        /,
        *,
        kind: str | None = None,
        transient: bool | None = None,
        idle_timeout_ms: int | None = None,
        mailbox_capacity_messages: int | None = None,
        overflow: Overflow | None = None,
        exposed: bool | None = None,
        pool: str | None = None,
        role: Literal["actor", "process", "handler"] | None = None,
        behaviour: Literal["server", "state_machine"] | None = None,
        initial: str | None = None,
        states: Iterable[str] | None = None,
        enter_calls: bool | None = None,
    ) -> ActorMeta:
        """Makes the class; options that are not given come from the base class, the kind from the class's name."""
        was = {old: name for name, given in namespace.items() if isinstance(given, _Field) for old in given.was}
        namespace = {name: given.made if isinstance(given, _Field) else given for name, given in namespace.items()}
        # Identity, not equal fields, makes two actors the same. `dict` leaves room for attributes that are not state.
        cls = super().__new__(mcls, name, bases, namespace, eq=False, dict=True, weakref=True)
        given = {
            "transient": transient,
            "idle_timeout_ms": idle_timeout_ms,
            "mailbox_capacity_messages": mailbox_capacity_messages,
            "overflow": overflow,
            "exposed": exposed,
            "pool": pool,
            "role": role,
            "behaviour": behaviour,
            "initial": initial,
            "states": None if states is None else tuple(states),
            "enter_calls": enter_calls,
        }
        inherited = next(
            (base.__everact_options__ for base in bases if isinstance(base, ActorMeta)), ActorOptions(kind="")
        )
        cls.__everact_was__ = {**getattr(cls, "__everact_was__", {}), **was}
        chosen: dict[str, Any] = {option: value for option, value in given.items() if value is not None}
        cls.__everact_options__ = replace(inherited, kind=kind or kind_of(name), **chosen)
        return cls


def kind_of(class_name: str) -> str:
    """The kind's name for a class's name: `NarrowOldest` becomes `narrow_oldest`."""
    return _WORD_STARTS.sub("_", class_name).lower()


class Actor(msgspec.Struct, metaclass=ActorMeta):
    """The base of all actors.

    Annotated fields with defaults are the state; it is stored as one JSON object. Attributes that are not annotated
    are not state: they live as long as the actor stays in memory.

    Class options: `kind` (the name; the class's name in lower snake case by default), `transient` (keep the state in
    memory only), `idle_timeout_ms`, `mailbox_capacity_messages`, `overflow` ("reject", "drop_oldest" or "wait"),
    `exposed` (the gateway serves the kind; without it only this process and actors reach it), `pool` (handlers that
    compute for long run in processes of their own: "cpu", or a pool of the option `pools`).

    Methods named `activated` and `passivating` are hooks: they run, as turns of their own, before the actor's first
    message and before it leaves memory. Like handlers they may take a `Context`.

        class Airport(Actor):
            flights: int = 0

            @handler
            async def landed(self, delay: int) -> int:
                self.flights += 1
                return self.flights
    """

    def with_options(
        self,
        *,
        deadline_ms: int | None = None,
        producer: str | None = None,
        sequence: int | None = None,
        idempotency_key: str | None = None,
        keep_ms: int | None = None,
        metadata: Metadata | None = None,
        reply_metadata: dict[str, str | bytes] | None = None,
    ) -> Self:
        """The same reference with options for its asks (see `Reference.with_options`).

        It stands here because a typed reference has the type of its actor; an actor itself has no such options.
        """
        _not_on_an_actor(type(self).__name__)


def _not_on_an_actor(name: str) -> NoReturn:
    raise TypeError(f"with_options belongs to references: engine.actor({name}, key).with_options(...)")
