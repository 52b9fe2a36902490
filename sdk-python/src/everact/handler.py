"""Declare a handler: a method, coroutine or plain, that takes one message or none and may give a reply.

`@handler` marks it. When an engine opens, each marked method is read once into a `HandlerTable`: the codecs of its
message and reply and the facts that decide how its turns run. Running them is `_lane.py`'s.
"""

from __future__ import annotations

import dis
import inspect
import typing
from collections.abc import Awaitable, Callable, Coroutine
from types import CodeType
from typing import TYPE_CHECKING, Any, Concatenate, Generic, NamedTuple, ParamSpec, TypeVar, cast, overload

from everact import _models
from everact._text import text_of
from everact.codec import (
    ABSENT,
    Decode,
    Encode,
    Read,
    decoder,
    encode_message,
    encoder,
    holds_references,
    message_decoder,
    plain_type,
    reply_encoder,
    unsendable,
)
from everact.context import Context
from everact.errors import InvalidDeclaration, InvalidPayload
from everact.retry import Retry

P = ParamSpec("P")
R = TypeVar("R")
R_co = TypeVar("R_co", covariant=True)
C = TypeVar("C", bound=Context)

_MARK = "__everact_handler__"


class BoundHandler(Generic[P, R_co]):
    """How a handler of a reference looks to a type checker: a call that asks, with a call that tells."""

    if TYPE_CHECKING:

        def __call__(self, *args: P.args, **kwargs: P.kwargs) -> Coroutine[Any, Any, R_co]:
            """Asks: sends the message and gives its reply."""

        def tell(self, *args: P.args, **kwargs: P.kwargs) -> Awaitable[None]:
            """Tells: sends the message without waiting for its turn.

            From outside it is sent when awaited, and that ends when the mailbox has it. On a reference of a context it
            is an effect of the turn, noted at once, and need not be awaited.
            """


class Handler(Generic[P, R_co]):
    """How a handler looks to a type checker: on a reference, an awaitable call without the context.

    At run time the decorated method stays the function that it is.
    """

    if TYPE_CHECKING:

        @overload
        def __get__(self, instance: None, owner: type[Any]) -> Handler[P, R_co]: ...
        @overload
        def __get__(self, instance: object, owner: type[Any]) -> BoundHandler[P, R_co]: ...
        def __get__(self, instance: Any, owner: Any) -> Any:
            """Bound to a reference, the handler is a call that gives its reply."""


class HandlerDecorator(typing.Protocol):
    """What `@handler(...)` with options is: a decorator for the same methods."""

    @overload
    def __call__(self, function: Callable[Concatenate[Any, C, P], Coroutine[Any, Any, R]], /) -> Handler[P, R]: ...
    @overload
    def __call__(self, function: Callable[Concatenate[Any, P], Coroutine[Any, Any, R]], /) -> Handler[P, R]: ...
    @overload
    def __call__(self, function: Callable[Concatenate[Any, C, P], R], /) -> Handler[P, R]: ...
    @overload
    def __call__(self, function: Callable[Concatenate[Any, P], R], /) -> Handler[P, R]: ...
    def __call__(self, function: Any, /) -> Any:
        """Marks the method."""


@overload
def handler(function: Callable[Concatenate[Any, C, P], Coroutine[Any, Any, R]], /) -> Handler[P, R]: ...
@overload
def handler(function: Callable[Concatenate[Any, P], Coroutine[Any, Any, R]], /) -> Handler[P, R]: ...
@overload
def handler(function: Callable[Concatenate[Any, C, P], R], /) -> Handler[P, R]: ...
@overload
def handler(function: Callable[Concatenate[Any, P], R], /) -> Handler[P, R]: ...
@overload
def handler(
    *,
    read_only: bool = False,
    reentrant: bool = False,
    idempotent: bool = False,
    internal: bool = False,
    retry: Retry | None = None,
    name: str | None = None,
    state: str | tuple[str, ...] | None = None,
) -> HandlerDecorator: ...
def handler(
    function: Any = None,
    /,
    *,
    read_only: bool = False,
    reentrant: bool = False,
    idempotent: bool = False,
    internal: bool = False,
    retry: Retry | None = None,
    name: str | None = None,
    state: str | tuple[str, ...] | None = None,
) -> Any:
    """Marks a method as a handler.

    Parameters:
        read_only: its turns may overlap other read-only turns; it must not change state nor send messages.
        reentrant: a chain of asks that comes back to the busy actor may run it.
        idempotent: handling a message twice is the same as handling it once, so that a connection may send it again
            when it does not know whether the first one arrived.
        internal: only actors and this process reach it, not the network.
        retry: what becomes of a told message when the handler fails.
        name: its name in messages and by-name asks, where that is not the method's own.
        state: in a state machine, the state or states that it is for; others may handle the same message in others.

    The method takes one message or none (several values travel in one `msgspec.Struct` or dataclass) and, before it,
    a `Context` where it asks for one. What does not fit the message's annotation is rejected before the turn begins.

        @handler
        async def landed(self, delay: int) -> int: ...

        @handler(read_only=True)
        def report(self, ctx: Context) -> Report: ...
    """

    def mark(method: Any) -> Any:
        if not callable(method):
            raise InvalidDeclaration("@handler belongs on a method")
        setattr(method, _MARK, Marks(read_only, reentrant, idempotent, internal, retry, name, _states(state)))
        return method

    return mark if function is None else mark(function)


class Marks(NamedTuple):
    """What `@handler(...)` said of a method."""

    read_only: bool = False
    reentrant: bool = False
    idempotent: bool = False
    internal: bool = False
    retry: Retry | None = None
    name: str | None = None
    states: tuple[str, ...] = ()


def _states(given: str | tuple[str, ...] | None) -> tuple[str, ...]:
    return () if given is None else (given,) if isinstance(given, str) else tuple(given)


class HandlerTable:
    """All that is known of one handler when its turns run."""

    __slots__ = (
        "attribute",
        "context_type",
        "decode_message",
        "decode_reply",
        "default",
        "encode_message",
        "encode_reply",
        "extras",
        "function",
        "idempotent",
        "index",
        "invoke",
        "is_coroutine",
        "label",
        "may_suspend",
        "name",
        "parameter",
        "plain_message",
        "plain_reply",
        "reaches",
        "read_only",
        "reentrant",
        "wants_context",
    )

    reaches: bool
    """Its code may use references of processes, so it must be known which turn does."""

    extras: dict[str, Any]
    """What the core is told of it besides how its turns run."""
    plain_message: type[Any] | None
    """See `codec.plain_type`."""
    plain_reply: type[Any] | None
    """See `codec.plain_type`."""
    is_keyed = False
    """Messages hold their actor's key."""
    is_choice = False
    """It stands for several, of which the actor's state chooses."""

    def __init__(
        self, kind: str, attribute: str, index: int, function: Callable[..., Any], read: Read = _models.read
    ) -> None:
        """Reads a method's signature; raises `InvalidDeclaration` where it cannot be a handler.

        Parameters:
            kind: the kind's name.
            attribute: the method's name.
            index: its position among the kind's handlers, or a hook's number.
            function: the method.
            read: how references of processes are read in its messages.
        """
        marks: Marks = getattr(function, _MARK, Marks())
        self.read_only, self.reentrant, self.idempotent = marks[:3]
        self.attribute = attribute
        self.name = marks.name or attribute
        self.index = index
        self.label = f"{kind}.{self.name}"
        self.function = function
        self.extras = {}
        self.take_marks(function)
        signature = inspect.signature(function)
        hints = self._hints(function)
        context, message = self._parameters(signature, hints)
        self.wants_context = context is not None
        self.context_type: type[Context] = Context if context is None else hints[context.name]
        self.parameter = message.name if message else None
        self.default = message.default if message and message.default is not inspect.Parameter.empty else ABSENT
        self.is_coroutine = is_coroutine(function)
        self.may_suspend = self.is_coroutine and may_suspend(function)
        self.invoke = _invoker(function, context, message)
        declared = hints.get(message.name, Any) if message else None
        returned = hints.get("return", ABSENT)
        if declared is bytes:
            self.extras["bytes"] = True
        self.plain_message, self.plain_reply = plain_type(declared), plain_type(returned)
        self.encode_message: Encode = encoder(declared) if message else _no_message
        self.decode_message: Decode = self.message_decoder(declared, read)
        self.encode_reply: Encode = reply_encoder(returned, self.label)
        self.decode_reply: Decode = decoder(returned, f"{self.label}, reply", read)
        self.reaches = self.wants_context or holds_references(declared)

    @property
    def attributes(self) -> tuple[str, ...]:
        """The methods that a reference has for it."""
        return (self.attribute,)

    @property
    def is_short(self) -> bool:
        """Whether its turns may run on their caller's stack by the short way, which knows only what most need."""
        may_be_more = self.may_suspend or self.reentrant or self.default is not ABSENT
        return not may_be_more and (self.wants_context or not self.reaches)

    def message_decoder(self, declared: Any, read: Read) -> Decode:
        """The decoder of its messages."""
        return message_decoder(declared, f"{self.label}, parameter {self.parameter}", read)

    def take_marks(self, function: Callable[..., Any]) -> None:
        """Takes what a method says of itself besides how its turns run."""
        marks: Marks = getattr(function, _MARK, Marks())
        if marks.internal:
            self.extras["internal"] = True
        if marks.retry is not None:
            self.extras["retry"] = marks.retry.declaration()
        if function.__doc__:
            self.extras["doc"] = inspect.cleandoc(function.__doc__)

    def declaration(self) -> dict[str, Any]:
        """The handler as the core's configuration wants it."""
        return {
            "name": self.name,
            "read_only": self.read_only,
            "reentrant": self.reentrant,
            "idempotent": self.idempotent,
            **self.extras,
        }

    def message(self, payload: bytes) -> Any:
        """The message in a payload; `InvalidPayload` names the handler, the parameter and the field."""
        if not payload and self.default is not ABSENT:
            return self.default
        try:
            return self.decode_message(payload)
        except Exception as error:
            raise InvalidPayload(self.misfit(payload, text_of(error))) from error

    def chosen(self, actor: Any) -> HandlerTable:
        """The one that the actor's state chooses."""
        return self

    def payload(self, message: Any, key: str) -> bytes:
        """A message for the actor of this key as its payload."""
        try:
            return self.encode_message(message)
        except Exception as error:
            return self.without_encoding(message, error)

    def without_encoding(self, message: Any, error: Exception) -> bytes:
        """The empty payload where there is no message; for one that cannot be encoded, what its sender gets."""
        if message is ABSENT:
            return b""
        if self.parameter is None:
            raise TypeError(f"{self.label} takes no message") from None
        raise unsendable(self.label, message, error) from error

    def payload_by_name(self, message: Any, key: str) -> bytes:
        """The same for a message of a sender that has no declaration at hand."""
        return encode_message(message)

    def argument(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """The message among the arguments of a call; `ABSENT` where there is none."""
        if (kwargs and set(kwargs) != {self.parameter}) or len(args) + len(kwargs) > 1:
            raise TypeError(f"{self.label} takes one message or none")
        return args[0] if args else kwargs.get(self.parameter or "", ABSENT)

    def misfit(self, payload: bytes, reason: str) -> str:
        """Why a payload does not fit, with the field's name."""
        if self.parameter is None:
            return f"{self.label} takes no message"
        if not payload:
            return f"{self.label}: message `{self.parameter}` is missing"
        return f"{self.label}: message `{self.parameter}`: {reason}"

    def _hints(self, function: Callable[..., Any]) -> dict[str, Any]:
        try:
            return typing.get_type_hints(function, include_extras=True)
        except Exception as error:
            raise InvalidDeclaration(f"{self.label}: its annotations cannot be read: {error}") from error

    def _parameters(
        self, signature: inspect.Signature, hints: dict[str, Any]
    ) -> tuple[inspect.Parameter | None, inspect.Parameter | None]:
        """The context's and the message's parameter, where there are such."""
        context = message = None
        for parameter in list(signature.parameters.values())[1:]:
            if parameter.kind is not inspect.Parameter.POSITIONAL_OR_KEYWORD:
                raise InvalidDeclaration(f"{self.label}: parameter {parameter.name} must be an ordinary one")
            if context is None and _is_context(hints.get(parameter.name)):
                context = parameter
            elif message is None:
                message = parameter
            else:
                raise InvalidDeclaration(
                    f"{self.label} takes more than one message ({message.name}, {parameter.name}): "
                    "put several values into one structure"
                )
        return context, message


def _is_context(hint: object) -> bool:
    return isinstance(hint, type) and issubclass(hint, Context)


def marks_of(function: object) -> Marks | None:
    """What `@handler` said of a method."""
    marks = getattr(function, _MARK, None)
    return marks if type(marks) is Marks else None


def handlers_of(actor: type[Any]) -> dict[str, Callable[..., Any]]:
    """The marked methods of a class and its bases, in the order of declaration."""
    found: dict[str, Callable[..., Any]] = {}
    for base in reversed(actor.__mro__):
        for name, member in vars(base).items():
            if hasattr(member, _MARK):
                found[name] = member
            elif name in found:
                del found[name]
    return found


def name_of_handler(function: object) -> str | None:
    """The name of a handler by its method; None of anything else."""
    marks = marks_of(function)
    return (marks.name or function.__name__) if marks is not None else None  # type: ignore[attr-defined]


def _invoker(
    function: Callable[..., Any], context: inspect.Parameter | None, message: inspect.Parameter | None
) -> Callable[[Any, Any, Any], Any]:
    """One way to call for all forms: (actor, message, context)."""
    if context is None:
        if message is None:
            return lambda actor, _message, _context: function(actor)
        return lambda actor, given, _context: function(actor, given)
    if message is None:
        return lambda actor, _message, made: function(actor, made)
    context_name, message_name = context.name, message.name
    return lambda actor, given, made: function(actor, **{context_name: made, message_name: given})


def _no_message(message: Any) -> bytes:
    if message is not ABSENT:
        raise TypeError("there is a message")
    return b""


def is_coroutine(function: Callable[..., Any]) -> bool:
    """Whether what a call gives is to be awaited."""
    return inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(inspect.unwrap(function))


def may_suspend(function: Callable[..., Any]) -> bool:
    """Whether a coroutine function or asynchronous generator has a place where it could wait.

    Without one it never needs a task of its own.
    """
    code = cast("CodeType | None", getattr(function, "__code__", None))
    if code is None or not (inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function)):
        return True
    waits = {"GET_AWAITABLE", "GET_ANEXT", "YIELD_FROM", "SEND"}
    return any(step.opname in waits for step in dis.get_instructions(code))
