"""Declarations: a `Kind` for a service, with a `Method` for each of its methods. Generated code makes them.

They are all that a reference or a client needs; an engine needs an actor class of the kind besides.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Generic, TypedDict, TypeVar, overload

from google.protobuf.descriptor import FileDescriptor, ServiceDescriptor
from google.protobuf.message import Message

from everact.actor import ActorOptions, Overflow
from everact.application import ApplicationError
from everact.errors import InvalidArgument
from everact.proto._table import ProtoTable
from everact.proto.codec import KeyField, encode_list, misfit
from everact.retry import Retry

if TYPE_CHECKING:
    from typing_extensions import Unpack

M = TypeVar("M", bound=Message)
R = TypeVar("R", bound=Message)
S = TypeVar("S", bound=Message)
Q_contra = TypeVar("Q_contra", contravariant=True)
A_co = TypeVar("A_co", covariant=True)


class MethodOptions(TypedDict, total=False):
    """What a method's declaration may say besides its messages."""

    key: str | None
    """The field of the request that names the actor; without one the actor's key is the kind's name."""
    method: str | None
    """The Python method's name where it is another than the handler's."""
    read_only: bool
    """Its turns may overlap other read-only turns; it must not change state nor send messages."""
    idempotent: bool
    """A connection may send a request again when it does not know whether the first one arrived."""
    reentrant: bool
    """A chain of asks that comes back to the busy actor may run it."""
    internal: bool
    """Only actors and this process reach it, not the network."""
    retry: Retry | None
    """What happens to a told message that it fails on."""
    doc: str | None
    """What it does, for those who look at a running engine."""


class Method(Generic[Q_contra, A_co]):
    """One handler's declaration: what it takes and what it answers."""

    __slots__ = (
        "_key",
        "attribute",
        "gives_list",
        "index",
        "kind",
        "label",
        "name",
        "options",
        "reply",
        "request",
        "takes_list",
    )

    def __init__(
        self,
        kind: Kind[Any],
        name: str,
        request: type[Message],
        reply: type[Message] | None,
        options: MethodOptions,
        *,
        takes_list: bool = False,
        gives_list: bool = False,
    ) -> None:
        """Made by the methods of `Kind`."""
        self.kind = kind
        self.index = len(kind.methods)
        self.name = name
        self.attribute = options.get("method") or name
        self.label = f"{kind.name}.{name}"
        self.options = options
        self.request = request
        self.reply = reply
        self.takes_list = takes_list
        self.gives_list = gives_list
        self._key: KeyField | None = None

    def check(self) -> None:
        """Looks whether the descriptors have what was declared, else `InvalidDeclaration`."""
        name = self.options.get("key")
        if name is not None and self._key is None:
            self._key = KeyField(self.request, name, self.label)

    def extras(self) -> dict[str, Any]:
        """What the core's configuration is told besides how its turns run."""
        retry = self.options.get("retry")
        said = {
            "internal": self.options.get("internal") or None,
            "retry": retry.declaration() if retry is not None else None,
            "doc": self.options.get("doc"),
        }
        return {name: value for name, value in said.items() if value is not None}

    def key_of(self, request: Any) -> str:
        """Which actor a request, or a list of them, is for."""
        self.check()
        if self._key is None:
            return self.kind.name
        if self.takes_list and not request:
            raise self._empty()
        return self._key.key_of(self._checked(request[0] if self.takes_list else request))

    def encode(self, request: Any, key: str) -> bytes:
        """A request, or a list of them, as the payload for the actor of this key."""
        self.check()
        if not self.takes_list:
            return self._encode_one(request, key)
        payload = encode_list(self._encode_one(item, key) for item in request)
        if not payload:
            raise self._empty()
        return payload

    def _encode_one(self, request: Any, key: str) -> bytes:
        checked = self._checked(request)
        return checked.SerializeToString() if self._key is None else self._key.encode(checked, key)

    def _checked(self, request: Any) -> Message:
        if not isinstance(request, self.request):
            raise misfit(self.request, request, self.label)
        return request

    def _empty(self) -> InvalidArgument:
        return InvalidArgument(f"{self.label} takes at least one request")

    def __repr__(self) -> str:
        """Reads as its name."""
        return f"<method {self.label}>"


class Kind(Generic[S]):
    """A service's declaration."""

    __slots__ = ("doc", "errors", "methods", "options", "service", "state")

    def __init__(
        self,
        name: str,
        *,
        service: ServiceDescriptor,
        state: type[S],
        transient: bool = False,
        idle_timeout_ms: int | None = None,
        mailbox_capacity_messages: int | None = None,
        overflow: Overflow = "reject",
        errors: Sequence[type[ApplicationError]] = (),
        doc: str | None = None,
    ) -> None:
        """What an engine must know besides the methods.

        Parameters:
            name: the kind's name in addresses and in the store.
            service: its descriptor, from the generated messages.
            state: the message that is an actor's state.
            transient: the state lives in memory only.
            idle_timeout_ms: idle time before an actor leaves memory; the engine's setting where None.
            mailbox_capacity_messages: how many messages may wait; the engine's setting where None.
            overflow: what happens to a message that finds the mailbox full.
            errors: the application's errors that callers of its methods should know.
            doc: what it is, for those who look at a running engine.
        """
        self.options = ActorOptions(name, transient, idle_timeout_ms, mailbox_capacity_messages, overflow)
        self.service = service
        self.state = state
        self.errors = tuple(errors)
        self.doc = doc
        self.methods: list[Method[Any, Any]] = []

    @property
    def name(self) -> str:
        """The kind's name."""
        return self.options.kind

    @overload
    def unary(self, name: str, request: type[M], reply: type[R], **options: Unpack[MethodOptions]) -> Method[M, R]: ...
    @overload
    def unary(self, name: str, request: type[M], reply: None, **options: Unpack[MethodOptions]) -> Method[M, None]: ...
    def unary(
        self, name: str, request: type[M], reply: type[R] | None, **options: Unpack[MethodOptions]
    ) -> Method[M, Any]:
        """Adds a handler: a request, a reply; None where the reply is `google.protobuf.Empty`."""
        return self._add(Method(self, name, request, reply, options))

    def server_streaming(
        self, name: str, request: type[M], reply: type[R], **options: Unpack[MethodOptions]
    ) -> Method[M, list[R]]:
        """Adds a handler: a request, a list of replies."""
        return self._add(Method(self, name, request, reply, options, gives_list=True))

    @overload
    def client_streaming(
        self, name: str, request: type[M], reply: type[R], **options: Unpack[MethodOptions]
    ) -> Method[Iterable[M], R]: ...
    @overload
    def client_streaming(
        self, name: str, request: type[M], reply: None, **options: Unpack[MethodOptions]
    ) -> Method[Iterable[M], None]: ...
    def client_streaming(
        self, name: str, request: type[M], reply: type[R] | None, **options: Unpack[MethodOptions]
    ) -> Method[Iterable[M], Any]:
        """Adds a handler: a list of requests in one turn, a reply."""
        return self._add(Method(self, name, request, reply, options, takes_list=True))

    def bidi_streaming(
        self, name: str, request: type[M], reply: type[R], **options: Unpack[MethodOptions]
    ) -> Method[M, list[R]]:
        """Adds a handler: a turn for each request, each with a list of replies."""
        return self._add(Method(self, name, request, reply, options, gives_list=True))

    def tell_only(self, name: str, request: type[M], **options: Unpack[MethodOptions]) -> Method[M, None]:
        """Adds a handler that nobody waits for."""
        return self._add(Method(self, name, request, None, options))

    def _add(self, method: Method[Any, Any]) -> Method[Any, Any]:
        self.methods.append(method)
        return method

    def descriptors(self) -> dict[str, bytes]:
        """The service's file and all that it imports, serialized, by their names; each after those it imports."""
        found: dict[str, bytes] = {}

        def take(file: FileDescriptor) -> None:
            if file.name not in found:
                for other in file.dependencies:
                    take(other)
                found[file.name] = file.serialized_pb

        take(self.service.file)
        return found

    def __everact_table__(self, index: int, *, runs: bool) -> ProtoTable:
        """The table for connections; an engine needs a class that implements the actor."""
        return ProtoTable(index, self, None, runs=runs)

    def __repr__(self) -> str:
        """Reads as its name."""
        return f"<kind {self.name} ({self.service.full_name})>"
