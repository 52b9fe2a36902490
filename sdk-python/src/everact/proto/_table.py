"""Tables of generated kinds: how their turns run. The lane uses them as it uses those of classes of typed fields."""

from __future__ import annotations

import inspect
import typing
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Final, get_origin

from google.protobuf.message import Message

from everact._kinds import KindTable
from everact.codec import ABSENT, Encode
from everact.errors import InvalidDeclaration, InvalidPayload
from everact.handler import HandlerTable, is_coroutine, may_suspend
from everact.proto.codec import encode_list, encoder, list_decoder
from everact.state import Activation

if TYPE_CHECKING:
    from everact.proto.actor import Actor
    from everact.proto.kind import Kind, Method

_NEVER_AWAITED: Final = (Message, list, tuple, type(None))
_WORN_BYTES_MIN: Final = 1024 * 1024
_WORN_TIMES: Final = 8


class ProtoTable(KindTable):
    """All that is known of one generated kind when its turns run."""

    __slots__ = ("actor", "encode_state", "kind")

    codec: ClassVar[str] = "protobuf"

    def __init__(self, index: int, kind: Kind[Any], actor: type[Actor[Any]] | None, *, runs: bool) -> None:
        """Reads a declaration and the class that implements it; `InvalidDeclaration` where they cannot be used."""
        self.kind = kind
        self.actor = actor
        missing = sorted(getattr(actor, "__abstractmethods__", ()))
        if runs and (actor is None or missing):
            what = f"{actor.__name__} does not implement {', '.join(missing)}" if actor else "it needs an actor's class"
            raise InvalidDeclaration(f"{kind.name}: {what}")
        for method in kind.methods:
            method.check()
        handlers: list[HandlerTable] = [MethodTable(method, actor if runs else None) for method in kind.methods]
        title = actor.__name__ if actor else kind.name
        self.encode_state = _state_encoder(kind.state, kind.name)
        super().__init__(index, title, kind, kind.options, handlers)
        if runs and actor is not None:
            self.find_hooks(actor)
        self.doc = kind.doc

    def activate(self, key: str, stored: bytes | None) -> Activation:
        """An actor with its stored state, or an empty one where nothing is stored."""
        if self.actor is None:
            raise InvalidDeclaration(f"{self.name} does not run here")
        actor = self.actor()
        actor.state = self.kind.state() if stored is None else self.kind.state.FromString(stored)
        return MessageActivation(actor, self.encode_state(actor), key, self.encode_state)

    def descriptors(self) -> Mapping[str, bytes]:
        """The files of the service, each after those it imports."""
        return self.kind.descriptors()

    def declaration(self) -> dict[str, Any]:
        """The kind as the core's configuration wants it."""
        return {**super().declaration(), "service": self.kind.service.full_name}


class MessageActivation(Activation):
    """One actor whose state is a message.

    A message keeps the memory of the values that it had until it is gone itself, so a long-lived one is made anew when
    that has become much.
    """

    __slots__ = ("_accepted", "_worn_bytes")

    def __init__(self, actor: Actor[Any], accepted: bytes, key: str, encode: Encode) -> None:
        """An actor that stands at the state `accepted`."""
        super().__init__(actor, key, encode)
        self._accepted = accepted
        self._worn_bytes = 0

    @property
    def accepted(self) -> bytes:
        """The state's bytes as they were last accepted."""
        return self._accepted

    @accepted.setter
    def accepted(self, state: bytes) -> None:
        self._accepted = state
        self._worn_bytes += len(state)
        if self._worn_bytes > max(_WORN_BYTES_MIN, _WORN_TIMES * len(state)):
            self._renew(state)

    def replace(self, state: bytes) -> bytes:
        """Makes the actor's state anew from another state's bytes."""
        self.actor.state = self._state_of(self.actor).FromString(state)
        self.accepted = accepted = self.encode(self.actor)
        return accepted

    def put_back(self, state: bytes, *, in_place: bool) -> None:
        """Gives the actor the state that it had; in place it stays the message that an outer turn may hold."""
        if in_place and type(self.actor.state) is self._state_of(self.actor):
            self.actor.state.ParseFromString(state)
        else:
            self._renew(state)
        if not in_place:
            self._accepted = state

    def _renew(self, state: bytes) -> None:
        self.actor.state = self._state_of(self.actor).FromString(state)
        self._worn_bytes = 0

    @staticmethod
    def _state_of(actor: Any) -> type[Message]:
        kind: Kind[Message] = actor.__everact_kind__
        return kind.state


class MethodTable(HandlerTable):
    """All that is known of one handler when its turns run."""

    __slots__ = ("method",)

    is_keyed = True

    def __init__(self, method: Method[Any, Any], actor: type[Actor[Any]] | None) -> None:
        """Takes the codecs from the declaration, and how the handler runs from its function."""
        self.method = method
        self.attribute = method.attribute
        self.name = method.name
        self.index = method.index
        self.label = method.label
        self.read_only = method.options.get("read_only", False)
        self.idempotent = method.options.get("idempotent", False)
        self.reentrant = method.options.get("reentrant", False)
        self.wants_context = self.reaches = True
        self.parameter = "requests" if method.takes_list else "request"
        self.default = ABSENT
        self.plain_message = self.plain_reply = None
        self.extras = method.extras()
        decode_request = method.request.FromString
        self.decode_message = list_decoder(decode_request) if method.takes_list else decode_request
        self.encode_message = _encoded
        self._set_reply(method)
        self.function = getattr(actor, self.attribute) if actor else _elsewhere
        if actor is not None:
            self.take_marks(self.function)
        self._set_run(self.function)

    def _set_reply(self, method: Method[Any, Any]) -> None:
        if method.reply is None:
            self.encode_reply, self.decode_reply = _nothing, _no_value
            return
        encode, decode = encoder(method.reply, f"{self.label}, its reply"), method.reply.FromString
        self.encode_reply, self.decode_reply = encode, decode
        if method.gives_list:
            self.encode_reply = lambda replies: encode_list(map(encode, replies))
            self.decode_reply = list_decoder(decode)

    def _set_run(self, function: Callable[..., Any]) -> None:
        """Whether turns may wait, and how a handler is called: (actor, message, context)."""
        self.is_coroutine = is_coroutine(function)
        self.may_suspend = self.is_coroutine and may_suspend(function)
        if self.is_coroutine or _never_awaited(function):
            self.invoke = lambda actor, message, context: function(actor, context, message)
            return
        self.is_coroutine, self.may_suspend = True, may_suspend(function)
        gather = _gatherer(self.encode_reply) if self.method.gives_list else _awaited
        self.invoke = lambda actor, message, context: gather(function(actor, context, message))
        if self.method.gives_list:
            self.encode_reply = _encoded

    def message(self, payload: bytes) -> Any:
        """The request in a payload, or the list of them; `InvalidPayload` names the handler."""
        try:
            found = self.decode_message(payload)
        except Exception as error:
            raise InvalidPayload(f"{self.label}: no {self.method.request.DESCRIPTOR.full_name}: {error}") from error
        if self.method.takes_list and not found:
            raise InvalidPayload(f"{self.label} takes at least one request")
        return found

    def payload(self, message: Any, key: str) -> bytes:
        """A request for the actor of this key as its payload; bytes stay as they are."""
        return message if type(message) is bytes else self.method.encode(message, key)

    payload_by_name = payload


def _state_encoder(state: type[Message], kind: str) -> Encode:
    def encode(actor: Any) -> bytes:
        found = actor.state
        if type(found) is not state:
            raise TypeError(f"{kind}: the state is a {state.DESCRIPTOR.full_name}, not a {type(found).__name__}")
        return found.SerializeToString(deterministic=True)

    return encode


def _never_awaited(function: Callable[..., Any]) -> bool:
    """Whether a plain function says that it gives its reply and no coroutine; without a word it may do either."""
    if inspect.isgeneratorfunction(function):
        return True
    try:
        returned = typing.get_type_hints(function).get("return", Any)
    except Exception:  # annotations of names that are there for type checkers only
        return False
    returned = get_origin(returned) or returned
    return isinstance(returned, type) and issubclass(returned, _NEVER_AWAITED)


async def _awaited(given: Any) -> Any:
    """What a plain function's call gives, awaited where it is to be."""
    return await given if isinstance(given, Awaitable) else given


def _gatherer(encode: Encode) -> Callable[[Any], Coroutine[Any, Any, bytes]]:
    """From what a handler of several replies gives, of whatever sort, to their payload; each is encoded as it comes."""

    async def gather(given: Any) -> bytes:
        replies: Iterable[Any] | AsyncIterator[Any] = await _awaited(given)
        if isinstance(replies, AsyncIterator):
            return b"".join([encode((reply,)) async for reply in replies])
        return encode(replies)

    return gather


def _encoded(payload: Any) -> bytes:
    if type(payload) is not bytes:
        raise TypeError(f"an encoded message is needed, not a {type(payload).__name__}")
    return payload


def _nothing(_: Any) -> bytes:
    return b""


def _no_value(_: bytes) -> None:
    return None


def _elsewhere(*_: Any) -> Any:
    raise InvalidDeclaration("this handler does not run here")
