"""The base of generated actors: a class that answers a service's methods, with one message as its state."""

from __future__ import annotations

from abc import ABC
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

from google.protobuf.message import Message

from everact.errors import InvalidDeclaration
from everact.proto._table import ProtoTable
from everact.proto.kind import Kind

if TYPE_CHECKING:
    from typing_extensions import Self

S = TypeVar("S", bound=Message)


class Actor(ABC, Generic[S]):
    """The base of generated actors; programs extend those and implement their methods.

    `state` is the actor's state: change it, or put another message of its class in its place. A new actor has an empty
    one. All other attributes are no state: they live as long as the actor stays in memory.
    """

    __everact_kind__: ClassVar[Kind[Any] | None] = None

    state: S

    def __init_subclass__(cls, *, of: Kind[Any] | None = None, **rest: Any) -> None:
        """Notes the declaration; a subclass of an actor inherits it."""
        super().__init_subclass__(**rest)
        if of is not None:
            cls.__everact_kind__ = of

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        """Makes an actor with an empty state."""
        made = super().__new__(cls)
        if cls.__everact_kind__ is not None:
            made.state = cls.__everact_kind__.state()
        return made

    @classmethod
    def __everact_table__(cls, index: int, *, runs: bool) -> ProtoTable:
        """The table for engines and connections."""
        if cls.__everact_kind__ is None:
            raise InvalidDeclaration(f"{cls.__name__} extends no generated actor")
        return ProtoTable(index, cls.__everact_kind__, cls, runs=runs)
