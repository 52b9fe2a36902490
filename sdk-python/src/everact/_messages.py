"""Which kind, handler and payload a message for a process is, from what its sender gives.

The core looks for the handler of that name in the receiver's own kind, so the kind says only how the message is
written.
"""

from __future__ import annotations

from types import FunctionType
from typing import Any

from everact._fit import INTEGER_MAX, INTEGER_MIN
from everact._kinds import KindTable
from everact._process_kinds import FunctionTable
from everact._text import name_of
from everact.actor import kind_of
from everact.codec import ABSENT
from everact.errors import InvalidArgument, UnknownHandler
from everact.handler import HandlerTable, name_of_handler

Message = tuple[int, HandlerTable, bytes]
"""The number of a kind, one of its handlers, and the payload."""
Sent = tuple[int, HandlerTable, "bytes | int"]
"""The same, of a message that may be an integer."""


class Messages:
    """The messages that the processes of one engine take."""

    __slots__ = ("_by_function", "_by_kind", "_by_name", "_routes")

    def __init__(self, kinds: list[KindTable]) -> None:
        """Reads the kinds of processes."""
        processes = [kind for kind in kinds if kind.options.role != "actor"]
        self._by_kind = {kind.name: kind for kind in processes}
        self._by_name: dict[str, tuple[KindTable, HandlerTable]] = {}
        self._by_function: dict[object, tuple[KindTable, HandlerTable]] = {}
        self._routes: dict[tuple[str | None, object], tuple[int, HandlerTable]] = {}
        """Where handlers were found, by the receiver's kind and their function."""
        for kind in processes:
            for table in kind.handlers:
                self._by_name.setdefault(table.name, (kind, table))
                self._by_function.setdefault(table.function, (kind, table))

    def of(self, receiver: str | None, what: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Message:
        """A message for a process of a kind, which may be unknown.

        Parameters:
            receiver: the kind's name.
            what: a handler, a handler's name or, for one of the receive style, the message itself.
            args, kwargs: the message, where a handler is given.
        """
        kind = self._by_kind.get(receiver or "")
        handler = name_of_handler(what)
        if handler is not None:
            found, table = self._handler(kind, handler, what)
            return found.index, table, table.payload(table.argument(args, kwargs), "")
        if type(what) is str and not (isinstance(kind, FunctionTable) and not args):
            found, table = self._handler(kind, what, what)
            if kwargs or len(args) > 1:
                raise TypeError("a handler takes one message or none")
            return found.index, table, table.payload_by_name(args[0] if args else ABSENT, "")
        if args or kwargs:
            raise TypeError("give a handler of a process and its message, or one message")
        found, table = self._taker(kind, what)
        return found.index, table, table.payload(what, "")

    def short(self, receiver: str | None, what: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Sent:
        """The same for `ask_process` and `tell_process`, which write integers themselves."""
        if type(what) is not FunctionType or kwargs or len(args) != 1:
            return self.of(receiver, what, args, kwargs)
        route = self._routes.get((receiver, what))
        if route is None:
            kind, table, payload = self.of(receiver, what, args, kwargs)
            self._routes[receiver, what] = kind, table
            return kind, table, payload
        kind, table = route
        message = args[0]
        if type(message) is int and table.plain_message is int and INTEGER_MIN <= message <= INTEGER_MAX:
            return kind, table, message
        return kind, table, table.payload(message, "")

    def _handler(self, kind: KindTable | None, name: str, what: object) -> tuple[KindTable, HandlerTable]:
        if kind is not None and name in kind.by_name:
            return kind, kind.by_name[name]
        found = (self._by_function.get(what) if callable(what) else None) or self._by_name.get(name)
        if found is None:
            of = f"{kind.name} has" if kind is not None else "the processes of this engine have"
            raise UnknownHandler(f"{of} no handler {name}")
        return found

    def _taker(self, kind: KindTable | None, message: Any) -> tuple[KindTable, HandlerTable]:
        """Who takes a message as it is: the kind by its type, else any that has a handler of the type's name."""
        if isinstance(kind, FunctionTable):
            table = kind.by_type.get(type(message))
            if table is None:
                takes = ", ".join(taken.__name__ for taken in kind.by_type) or "no messages"
                raise InvalidArgument(f"{kind.name} takes {takes}, not {name_of(message)}")
            return kind, table
        name = kind_of(type(message).__name__)
        if kind is not None and name in kind.by_name:
            return kind, kind.by_name[name]
        if kind is None and name in self._by_name:
            return self._by_name[name]
        of = f"{kind.name} has" if kind is not None else "the processes of this engine have"
        raise InvalidArgument(f"{of} no handler {name} for a {name_of(message)}")
