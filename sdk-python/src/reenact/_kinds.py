"""Tables of what was declared: one `KindTable` an actor class, read once when an engine opens.

Kinds and handlers cross the boundary as their positions in these tables.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final

import msgspec

from reenact.actor import Actor, ActorMeta
from reenact.codec import ENCODE, typed_decoder
from reenact.errors import DuplicateKind, InvalidDeclaration, UnknownHandler
from reenact.handler import HandlerTable, handlers_of

ACTIVATED: Final = 0xFFFE
"""The number of the hook that runs before an activation's first message."""
PASSIVATING: Final = 0xFFFF
"""The number of the hook that runs before an activation leaves memory."""

_HOOKS: Final = {"activated": ACTIVATED, "passivating": PASSIVATING}

_RESERVED: Final = {*_HOOKS, "with_options"}


class KindTable:
    """All that is known of one kind when its turns run."""

    __slots__ = (
        "actor",
        "by_name",
        "by_number",
        "decoder",
        "defaults",
        "handlers",
        "hooks",
        "index",
        "name",
        "transient",
    )

    def __init__(self, index: int, actor: type[Actor]) -> None:
        """Reads a class; raises `InvalidDeclaration` where it cannot be an actor."""
        options = actor.__reenact_options__
        self.index = index
        self.name = options.kind
        self.actor = actor
        self.transient = options.transient
        self.decoder = _state_decoder(actor, self.name)
        self.defaults = ENCODE(actor())
        _check_names(actor, self.name)
        self.handlers = [
            HandlerTable(self.name, name, number, function)
            for number, (name, function) in enumerate(handlers_of(actor).items())
        ]
        self.hooks = {name: _hook(self.name, name, actor) for name in _HOOKS if hasattr(actor, name)}
        self.by_name = {table.name: table for table in self.handlers}
        if len(self.by_name) < len(self.handlers):
            raise InvalidDeclaration(f"{self.name}: two handlers have the same name")
        self.by_number = {table.index: table for table in [*self.handlers, *self.hooks.values()]}

    def handler(self, name: str) -> HandlerTable:
        """The handler of this name."""
        try:
            return self.by_name[name]
        except KeyError:
            raise UnknownHandler(f"{self.name} has no handler {name}") from None

    def declaration(self) -> dict[str, Any]:
        """The kind as the core's configuration wants it."""
        options = self.actor.__reenact_options__
        bounds = {
            "idle_timeout_ms": options.idle_timeout_ms,
            "mailbox_capacity_messages": options.mailbox_capacity_messages,
        }
        return {
            "name": self.name,
            "durable": not self.transient,
            "handlers": [
                {"name": table.name, "read_only": table.read_only, "reentrant": table.reentrant}
                for table in self.handlers
            ],
            "activated": "activated" in self.hooks,
            "passivating": "passivating" in self.hooks,
            "overflow": options.overflow,
            **{name: value for name, value in bounds.items() if value is not None},
        }


def kind_tables(actors: Iterable[type[Actor]]) -> list[KindTable]:
    """The tables of an engine's kinds."""
    tables: list[KindTable] = []
    seen: dict[str, type[Actor]] = {}
    for actor in actors:
        if not isinstance(actor, ActorMeta):
            raise InvalidDeclaration(f"{actor!r} is not a subclass of Actor")
        table = KindTable(len(tables), actor)
        if table.name in seen:
            raise DuplicateKind(f"kind {table.name} is declared by {seen[table.name].__name__} and {actor.__name__}")
        seen[table.name] = actor
        tables.append(table)
    return tables


def _state_decoder(actor: type[Actor], kind: str) -> msgspec.json.Decoder[Actor]:
    try:
        actor()
    except Exception as error:
        raise InvalidDeclaration(f"{kind}: every state field needs a default: {error}") from error
    return typed_decoder(actor, f"{kind}: its state cannot be stored")


def _check_names(actor: type[Actor], kind: str) -> None:
    for name in handlers_of(actor):
        if name.startswith("_") or name in _RESERVED:
            raise InvalidDeclaration(f"{kind}: a handler cannot have the name {name}")


def _hook(kind: str, name: str, actor: type[Actor]) -> HandlerTable:
    function: Callable[..., Any] = getattr(actor, name)
    table = HandlerTable(kind, name, _HOOKS[name], function)
    if table.parameter is not None:
        raise InvalidDeclaration(f"{kind}.{name} is a hook and takes no message, only a Context")
    return table
