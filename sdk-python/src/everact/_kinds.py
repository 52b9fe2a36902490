"""Tables of what was declared: one `KindTable` a kind, read once when an engine or a connection opens.

Kinds and handlers cross the boundary as their positions in these tables. `ClassTable` is the table of a class of typed
fields; `proto` has its own, for generated classes.
"""

from __future__ import annotations

import inspect
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Final, Protocol

from everact._home import Home
from everact._refusal import Refusal
from everact._text import text_of
from everact.actor import Actor, ActorMeta, ActorOptions
from everact.codec import Decode, Read, decode_undeclared, holds_references
from everact.context import Context
from everact.errors import DuplicateKind, InvalidDeclaration, StateMismatch, UnknownHandler
from everact.handler import HandlerTable, handlers_of
from everact.signals import DOWN, EXIT, GROUP, MANAGER, signal_of
from everact.state import Activation, StateKind

if TYPE_CHECKING:
    from everact._core import Turn
    from everact._lane import Lane
    from everact.process_context import ProcessContext

ACTIVATED: Final = 0xFFFE
"""The number of the hook that runs before an activation's first message."""
PASSIVATING: Final = 0xFFFF
"""The number of the hook that runs before an activation leaves memory."""

GET_STATE: Final = 0xFFF5
"""The number of the turn that asks for the encoded state."""
REPLACE_STATE: Final = 0xFFF4
"""The number of the turn that brings another encoded state."""

_HOOKS: Final = {"activated": ACTIVATED, "passivating": PASSIVATING}
_SIGNAL_HOOKS: Final = {"on_exit": EXIT, "on_down": DOWN, "on_group": GROUP, "on_handler_gone": MANAGER}

_BEHAVIOURS_HOOKS: Final = {"on_timeout", "on_continue", "on_enter", "terminate"}
_RESERVED: Final = {*_HOOKS, *_SIGNAL_HOOKS, "with_options"}


class KindTable(ABC):
    """All that is known of one kind when its turns run."""

    __slots__ = (
        "by_name",
        "by_number",
        "declared",
        "doc",
        "handlers",
        "hooks",
        "index",
        "is_process",
        "options",
        "plain",
        "title",
    )

    codec: ClassVar[str] = "json"

    def __init__(
        self,
        index: int,
        title: str,
        declared: object,
        options: ActorOptions,
        handlers: list[HandlerTable],
    ) -> None:
        """What all kinds have.

        Parameters:
            index: its position.
            title: its name in the programmer's eyes, a class's.
            declared: what it is found by when a reference is made.
            options: what the declaration says of it.
            handlers: in their order.
        """
        self.index = index
        self.title = title
        self.declared = declared
        self.options = options
        self.is_process = options.role == "process"
        self.handlers = handlers
        self.doc: str | None = None
        self.hooks: dict[str, HandlerTable] = {}
        self.by_name = {table.name: table for table in handlers}
        if len(self.by_name) < len(handlers):
            raise InvalidDeclaration(f"{self.name}: two handlers have the same name")
        self.by_number = {table.index: table for table in handlers}
        self.plain: dict[int, HandlerTable] = {}
        """Handlers of a process that neither wait nor take a context, by their numbers."""

    @property
    def name(self) -> str:
        """The kind's name in addresses."""
        return self.options.kind

    @abstractmethod
    def activate(self, key: str, stored: bytes | None) -> Activation:
        """An actor that comes into memory, with its stored state where it has one."""

    def replaced(self, held: Activation) -> bytes | None:
        """What the core is to know of a state that was put in place of another one."""
        return None

    def replace(self, held: Activation, state: bytes) -> bytes:
        """Puts an object to another state, as after a load; what is to be stored. Refuses one that does not fit."""
        try:
            return held.replace(state)
        except Refusal:
            raise
        except Exception as error:
            text = f"the new state of {self.name}/{held.key} does not fit its declaration: {text_of(error)}"
            raise Refusal(StateMismatch.code, text) from None

    def context(self, lane: Lane, turn: Turn, held: Activation) -> Context | ProcessContext[Any]:
        """What a turn's code gets that asks for its context."""
        return Context(lane, turn, self.name, held.key)

    def descriptors(self) -> Mapping[str, bytes]:
        """The files that describe the kind's messages, by their names, after those they import."""
        return {}

    def find_hooks(self, actor: type[Any]) -> None:
        """Takes the hooks that a class has."""
        self.hooks = {name: _hook(self.name, name, actor) for name in _HOOKS if hasattr(actor, name)}
        self.by_number.update({table.index: table for table in self.hooks.values()})

    def find_signal_hooks(self, actor: type[Any], home: Home) -> None:
        """Takes the hooks for what comes of ties; where there is none, nothing is done."""
        for name, number in _SIGNAL_HOOKS.items():
            self.by_number[number] = SignalTable(self.name, name, number, getattr(actor, name, _do_nothing), home)

    def handler(self, name: str) -> HandlerTable:
        """The handler of this name."""
        try:
            return self.by_name[name]
        except KeyError:
            raise UnknownHandler(f"{self.name} has no handler {name}") from None

    def declaration(self) -> dict[str, Any]:
        """The kind as the core's configuration wants it."""
        options = self.options
        bounds: dict[str, Any] = {
            "idle_timeout_ms": options.idle_timeout_ms,
            "mailbox_capacity_messages": options.mailbox_capacity_messages,
            "exposed": options.exposed or None,
            "doc": self.doc,
        }
        if options.role != "actor":
            bounds["role"] = options.role
        bounds["behaviour"] = options.behaviour
        return {
            "name": self.name,
            "durable": not options.transient,
            "handlers": [table.declaration() for table in self.handlers],
            "activated": "activated" in self.hooks,
            "passivating": "passivating" in self.hooks,
            "overflow": options.overflow,
            "codec": self.codec,
            **{name: value for name, value in bounds.items() if value is not None},
        }


class SignalTable(HandlerTable):
    """The hook of a class for one sort of what comes of ties: an exit, an end, a change of a group."""

    __slots__ = ("_home",)

    def __init__(self, kind: str, name: str, number: int, function: Callable[..., Any], home: Home) -> None:
        """Reads the method's signature."""
        super().__init__(kind, name, number, function)
        self._home = home
        self.reaches = True

    def message_decoder(self, declared: Any, read: Read) -> Decode:
        """What comes is made by the core."""
        return decode_undeclared

    def message(self, payload: bytes) -> Any:
        """What has come."""
        return signal_of(self.index, payload, self._home)


class ClassTable(KindTable):
    """The table of a class of typed fields."""

    __slots__ = ("state",)

    context_class: ClassVar[type[Context]] = Context
    """What its turns have as their context."""

    def __init__(self, index: int, actor: type[Any], home: Home) -> None:
        """Reads a class; raises `InvalidDeclaration` where it cannot be an actor."""
        options: ActorOptions = actor.__everact_options__
        self.state = StateKind(actor, options.kind, home.read)
        _check_names(actor, options.kind)
        super().__init__(index, actor.__name__, actor, options, self.handlers_in(actor, options.kind, home))
        self.doc = inspect.cleandoc(vars(actor).get("__doc__") or "") or None
        self.find_hooks(actor)
        self.find_signal_hooks(actor, home)
        self.find_more_hooks(actor, home)
        for table in self.by_number.values():
            if not issubclass(self.context_class, table.context_type):
                wanted, has = table.context_type.__name__, self.context_class.__name__
                raise InvalidDeclaration(f"{table.label} takes a {wanted}, and here it is a {has}")
            if options.role != "actor" or holds_references(actor):
                table.reaches = True

    def handlers_in(self, actor: type[Any], kind: str, home: Home) -> list[HandlerTable]:
        """The tables of a class's handlers."""
        for name, function in handlers_of(actor).items():
            if function.__everact_handler__.states:  # type: ignore[attr-defined]
                raise InvalidDeclaration(f"{kind}.{name} is for a state, and only a state machine has such")
        return [
            HandlerTable(kind, name, number, function, home.read)
            for number, (name, function) in enumerate(handlers_of(actor).items())
        ]

    def find_more_hooks(self, actor: type[Any], home: Home) -> None:
        """Takes the hooks that a behaviour has."""

    def activate(self, key: str, stored: bytes | None) -> Activation:
        """An actor with the fields of its stored state, or the defaults where nothing is stored."""
        return self.state.activate(key, stored)


class Declared(Protocol):
    """What an engine's or a connection's `actors` may hold besides classes of typed fields: generated declarations."""

    def __everact_table__(self, index: int, *, runs: bool) -> KindTable:
        """The table of this kind; `runs` says that its actors are to run here."""


def kind_tables(
    actors: Iterable[type[Actor] | Declared],
    *,
    processes: Iterable[object] = (),
    runs: bool = True,
    home: Home | None = None,
) -> list[KindTable]:
    """The tables of an engine's kinds, or with `runs=False` of those that a connection reaches."""
    from everact._behaviours import MachineActorTable
    from everact._process_kinds import process_table

    home = home or Home()
    tables: list[KindTable] = []
    for actor in actors:
        if isinstance(actor, ActorMeta) and actor.__everact_options__.role == "actor":
            is_machine = actor.__everact_options__.behaviour == "state_machine"
            tables.append((MachineActorTable if is_machine else ClassTable)(len(tables), actor, home))
        elif hasattr(actor, "__everact_table__"):
            tables.append(actor.__everact_table__(len(tables), runs=runs))
        else:
            raise InvalidDeclaration(f"{actor!r} is not a subclass of Actor")
    for process in processes:
        tables.append(process_table(len(tables), process, home))
    seen: dict[str, str] = {}
    for table in tables:
        if table.name in seen:
            raise DuplicateKind(f"kind {table.name} is declared by {seen[table.name]} and {table.title}")
        seen[table.name] = table.title
    return tables


def _do_nothing(_actor: object) -> None:
    """The hook of a class that has none."""


def _check_names(actor: type[Any], kind: str) -> None:
    behaves = actor.__everact_options__.behaviour is not None
    for name in handlers_of(actor):
        if name.startswith("_") or name in _RESERVED or (behaves and name in _BEHAVIOURS_HOOKS):
            raise InvalidDeclaration(f"{kind}: a handler cannot have the name {name}")


def _hook(kind: str, name: str, actor: type[Any]) -> HandlerTable:
    function: Callable[..., Any] = getattr(actor, name)
    table = HandlerTable(kind, name, _HOOKS[name], function)
    if table.parameter is not None:
        raise InvalidDeclaration(f"{kind}.{name} is a hook and takes no message, only a Context")
    return table
