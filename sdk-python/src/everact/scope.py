"""Where references are made from: an engine, a connection, or inside a handler its context."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeVar, overload

from everact.actor import Actor

if TYPE_CHECKING:
    from everact._lane import Lane
    from everact.context import Context
    from everact.reference import Reference

A = TypeVar("A", bound=Actor)


class Scope(Protocol):
    """What engines, connections and contexts have in common: a program that takes one moves between them."""

    @overload
    def actor(self, kind: type[A], key: str) -> A: ...
    @overload
    def actor(self, kind: str, key: str) -> Reference: ...

    def _reach(self) -> tuple[Lane, Context | None]:
        """The lane, and the turn whose asks and tells these are."""
