"""Reach generated actors: the bases of generated references and clients."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar, cast

from everact.errors import InvalidArgument
from everact.proto.kind import Kind, Method
from everact.scope import Scope

if TYPE_CHECKING:
    from typing_extensions import Self, Unpack

    from everact._lane import Lane
    from everact.context import Context
    from everact.options import AskOptions
    from everact.reference import Maker, TypedReference

K = TypeVar("K", bound=str | int)
Q = TypeVar("Q")
A = TypeVar("A")


class _Reaching:
    """A scope and a declaration: what asks and tells need besides a key."""

    __slots__ = ("_context", "_lane", "_make", "_scope")

    _kind: ClassVar[Kind[Any]]

    def __init_subclass__(cls, *, of: Kind[Any] | None = None, **rest: Any) -> None:
        """Notes the declaration."""
        super().__init_subclass__(**rest)
        if of is not None:
            cls._kind = of

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        lane, context = scope._reach()
        self._lane: Lane = lane
        self._context: Context | None = context
        self._make: Maker = lane.maker_of(self._kind, self._kind.name)

    async def _send(self, typed: TypedReference, method: Method[Q, Any], request: Q) -> None:
        """A tell: from a turn one of its effects, else accepted by the mailbox when this returns."""
        table = typed._kind.handlers[method.index]
        payload = table.payload(request, typed._key)
        if self._context is not None:
            self._context._tell(typed, table, payload)
        else:
            await typed._submit(table, payload, tell=True)


class Reference(_Reaching, Generic[K]):
    """The base of generated references: one actor by its key."""

    __slots__ = ("_key", "_typed")

    def __init__(self, scope: Scope, key: K, /) -> None:
        """Reaches one actor.

        Parameters:
            scope: an engine, a connection, or inside a handler its context.
            key: the actor's key.
        """
        super().__init__(scope)
        text = str(key)
        if not text:
            raise InvalidArgument(f"{self._kind.name}: a key is not empty")
        self._key = key
        self._typed = self._make(text, self._context)

    @property
    def key(self) -> K:
        """The actor's key."""
        return self._key

    @property
    def address(self) -> str:
        """The actor's address, `kind/key`."""
        return f"{self._kind.name}/{self._key}"

    def with_options(self, **options: Unpack[AskOptions]) -> Self:
        """The same reference with options for its asks; `everact.Reference.with_options` says what each one means."""
        made = type(self)(self._scope, self._key)
        made._typed = self._typed.with_options(**options)
        return made

    async def _ask(self, method: Method[Q, A], request: Q) -> A:
        return cast("A", await getattr(self._typed, method.attribute)(request))

    async def _tell(self, method: Method[Q, Any], request: Q) -> None:
        await self._send(self._typed, method, request)

    def __repr__(self) -> str:
        """Reads as its address."""
        return f"<reference to {self.address}>"


class Client(_Reaching):
    """The base of generated clients: each request says by its key which actor it is for."""

    __slots__ = ("_options",)

    def __init__(self, scope: Scope, /) -> None:
        """Reaches all actors of a kind.

        Parameters:
            scope: an engine, a connection, or inside a handler its context.
        """
        super().__init__(scope)
        self._options: AskOptions = {}

    def with_options(self, **options: Unpack[AskOptions]) -> Self:
        """The same client with options for its asks; `everact.Reference.with_options` says what each one means."""
        made = type(self)(self._scope)
        made._options = options
        return made

    async def _ask(self, method: Method[Q, A], request: Q) -> A:
        typed, given = self._target(method, request)
        return cast("A", await getattr(typed, method.attribute)(given))

    async def _tell(self, method: Method[Q, Any], request: Q) -> None:
        typed, given = self._target(method, request)
        await self._send(typed, method, given)

    def _target(self, method: Method[Q, Any], request: Any) -> tuple[TypedReference, Any]:
        """Whom a request is for, and the request, which may be a list that can be read once only."""
        given = list(request) if method.takes_list else request
        typed = self._make(method.key_of(given), self._context)
        return (typed.with_options(**self._options) if self._options else typed), given

    def __repr__(self) -> str:
        """Reads as its kind."""
        return f"<client of {self._kind.name}>"
