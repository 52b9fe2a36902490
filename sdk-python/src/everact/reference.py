"""Reach an actor: a reference names it by kind and key and turns method calls into asks.

For each kind of an engine a class of references is made, with one coroutine method a handler. The short way of an ask
stands here in one piece, because every call inside it would cost as much as the core does: submit, and where the core
hands the turn back, run the handler on this very stack and complete.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Generator
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from everact._core import Turn, method
from everact._home import HERE
from everact.codec import (
    ABSENT,
    PLAIN_BYTES_MAX,
    Collecting,
    Decode,
    decode_undeclared,
    decoded_reply,
)
from everact.context import Context
from everact.errors import InvalidArgument
from everact.metadata import Entries, entries_of

if TYPE_CHECKING:
    from typing_extensions import Self

    from everact._core import Event
    from everact._kinds import KindTable
    from everact._lane import Lane
    from everact.handler import BoundHandler, HandlerTable
    from everact.metadata import Metadata
    from everact.process_context import ProcessContext

_FOR_EVER: Final = 0xFFFF_FFFF
KEY_BYTES_MAX: Final = 1024
"""A key, a producer's name or an idempotency key at most."""
SEQUENCE_MAX: Final = 2**63 - 1
"""The highest number of a producer's message."""
_OPTIONS: Final = ("_answer", "_deadline_ms", "_idempotency_key", "_keep_ms", "_metadata", "_producer", "_sequence")


_Asked: TypeAlias = "Turn | tuple[int, list[Event]]"
"""A turn to be run for the ask, or the ask's number and what it has caused."""
_UNREAD: Final[Any] = object()
"""What stands for a message that cannot be read."""


class _Told:
    """What a turn's own tell gives: it has been noted, so awaiting it does not wait."""

    def __await__(self) -> Generator[Any, None, None]:
        """Done."""
        return
        yield


_TOLD: Final = _Told()


class TypedReference:
    """What `engine.actor(Airport, "SFO")` really is: a class made for each kind, with a coroutine method a handler.

    It has no public names of its own but `with_options`, so a handler may have any name. Nor has it a `__getattr__`:
    with one, CPython makes an object for every method that is called.
    """

    __slots__ = ("__weakref__", "_context", "_key")

    _kind: KindTable
    _lane: Lane
    _optioned: type[TypedReference]
    _key: str
    _context: Context | ProcessContext[Any] | None
    _deadline_ms = 0
    _producer: str | None = None
    _sequence = 0
    _idempotency_key: str | None = None
    _keep_ms = 0
    _metadata: Entries | None = None
    _answer: dict[str, str | bytes] | None = None

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
        """See `Reference.with_options`."""
        if (producer is None) != (sequence is None):
            raise InvalidArgument("producer and sequence belong together")
        if producer is not None and idempotency_key is not None:
            raise InvalidArgument("an ask has either a producer or an idempotency key")
        if keep_ms is not None and idempotency_key is None:
            raise InvalidArgument("keep_ms belongs to an idempotency key")
        made: Any = self._optioned()
        made._key, made._context = self._key, self._context
        made._deadline_ms = 0 if deadline_ms is None else bounded("deadline_ms", deadline_ms)
        made._producer = None if producer is None else _source("producer", producer)
        made._sequence = 0 if sequence is None else bounded("sequence", sequence, 0, SEQUENCE_MAX)
        made._idempotency_key = None if idempotency_key is None else _source("idempotency_key", idempotency_key)
        made._keep_ms = 0 if keep_ms is None else bounded("keep_ms", keep_ms)
        made._metadata = entries_of(metadata) if metadata else None
        made._answer = reply_metadata
        return made  # type: ignore[no-any-return]

    async def _submit(self, table: HandlerTable, payload: bytes, *, tell: bool = False) -> Any:
        """The long way, with everything an ask may have."""
        caused = self._send(table, payload, tell=tell)
        decode = decode_undeclared if tell else self._decoder(table.decode_reply)
        if type(caused) is Turn:
            return await self._lane.settle(caused.ask, [caused], decode)
        return await self._lane.settle(*caused, decode)

    def _tell(self, table: HandlerTable, args: tuple[Any, ...], kwargs: dict[str, Any] | None) -> Awaitable[None]:
        """What `reference.landed.tell(12)` does: within a turn at once, as its effect; from outside when awaited."""
        payload = table.payload(table.argument(args, kwargs or {}), self._key)
        if self._context is None:
            return self._submit(table, payload, tell=True)
        self._context._tell(self, table, payload)
        return _TOLD

    def _resident(self) -> tuple[int, str]:
        return self._kind.index, self._key

    def _decoder(self, decode: Decode) -> Decode:
        return decode if self._answer is None else Collecting(decode, self._answer)

    def _send(self, table: HandlerTable, payload: bytes, *, tell: bool = False) -> Turn | tuple[int, list[Event]]:
        """Submits; a turn comes bare where it may go the short way, which does not look beside replies."""
        caused = self._lane.core.submit(
            self._kind.index,
            table.index,
            self._key,
            payload,
            0 if self._context is None else self._context._turn_id(),
            self._deadline_ms,
            self._producer,
            self._sequence,
            self._idempotency_key,
            self._keep_ms,
            tell,
            self._metadata,
        )
        return (caused.ask, [caused]) if self._answer is not None and type(caused) is Turn else caused

    def __repr__(self) -> str:
        """Reads as its address."""
        return f"<reference to {self._kind.name}/{self._key}>"


Maker: TypeAlias = Callable[..., TypedReference]
"""Takes an actor's key, or raises `InvalidArgument`, and the context of the turn that asks where one does."""


class Reference:
    """An actor by the names of its kind and handlers, for programs that have no class at hand.

    `await engine.actor("airport", "SFO").ask("landed", 12)` is `await engine.actor(Airport, "SFO").landed(12)`.
    """

    __slots__ = ("_typed",)

    def __init__(self, typed: TypedReference) -> None:
        """Made by `Engine.actor` and `Context.actor`."""
        self._typed = typed

    @property
    def address(self) -> str:
        """The actor's address, `kind/key`."""
        return f"{self._typed._kind.name}/{self._typed._key}"

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
    ) -> Reference:
        """The same reference with options for its asks.

        Parameters:
            deadline_ms: how long to wait for the reply, at most 4,294,967,294; then `DeadlineExceeded`.
            producer: a producer's name, with a sequence: what was applied before is not applied again.
            sequence: the message's place in the producer's stream; it only rises.
            idempotency_key: a key by which a repeated ask is recognized and gets the recorded reply.
            keep_ms: how long the idempotency key is kept, 1 to 4,294,967,294.
            metadata: what travels beside the message.
            reply_metadata: a dictionary that gets what travelled beside the reply.
        """
        return Reference(
            self._typed.with_options(
                deadline_ms=deadline_ms,
                producer=producer,
                sequence=sequence,
                idempotency_key=idempotency_key,
                keep_ms=keep_ms,
                metadata=metadata,
                reply_metadata=reply_metadata,
            )
        )

    async def ask(self, handler: str, message: Any = ABSENT) -> Any:
        """Asks a handler.

        Parameters:
            handler: its name.
            message: `bytes` travel as they are, everything else as the kind has it: as JSON, or a generated kind's
                requests as protobuf; none where it is left out.

        Returns the reply, decoded as the handler declares it.
        """
        table = self._typed._kind.handler(handler)
        return await self._typed._submit(table, table.payload_by_name(message, self._typed._key))

    async def tell(self, handler: str, message: Any = ABSENT) -> None:
        """Tells a handler, from outside: returns when the mailbox has accepted the message."""
        table = self._typed._kind.handler(handler)
        await self._typed._submit(table, table.payload_by_name(message, self._typed._key), tell=True)

    def method(self, handler: str) -> BoundHandler[..., Any]:
        """The handler as a typed reference has it: a call that asks, with its `tell`."""
        attribute = self._typed._kind.handler(handler).attribute
        found: BoundHandler[..., Any] = getattr(self._typed, attribute)
        return found

    def _resident(self) -> tuple[int, str]:
        return self._typed._resident()

    def __repr__(self) -> str:
        """Reads as its address."""
        return f"<reference to {self.address}>"


def reference_maker(lane: Lane, kind: KindTable) -> Maker:
    """What makes the references to one kind in one engine, of a class made for them."""
    plain: dict[str, Any] = {"__slots__": (), "_kind": kind, "_lane": lane}
    optioned: dict[str, Any] = {"__slots__": _OPTIONS}
    for table in kind.handlers:
        keyed = _keyed if table.is_keyed else _as_it_is
        for members, has_options in ((plain, False), (optioned, True)):
            ask = _named(keyed(_method(lane, kind, table, has_options=has_options), table), kind, table)
            members.update(dict.fromkeys(table.attributes, method(ask)))
    made: Any = type(f"{kind.title}Reference", (TypedReference,), plain)
    made._optioned = type(f"{kind.title}Reference", (made,), optioned)

    def make(key: str, context: Context | ProcessContext[Any] | None = None) -> TypedReference:
        if type(key) is not str or not key.isascii() or not 0 < len(key) <= KEY_BYTES_MAX:
            key = checked_key(key)
        # Filled here and not in an `__init__`, which the interpreter is slow to find and to call.
        reference: TypedReference = made()
        reference._key = key
        reference._context = context
        return reference

    return make


def _as_it_is(ask: Any, _: HandlerTable) -> Any:
    return ask


def _keyed(ask: Any, table: HandlerTable) -> Any:
    """An ask whose message holds the actor's key."""

    def keyed(self: TypedReference, message: Any) -> Any:
        return ask(self, table.payload(message, self._key))

    return keyed


def _named(ask: Any, kind: KindTable, table: HandlerTable) -> Any:
    """Dresses a function as its handler: name, text, the parameter's name, and whether that may be missing."""
    if table.parameter is not None:
        code = ask.__code__
        names = tuple(table.parameter if name == "message" else name for name in code.co_varnames)
        ask.__code__ = code.replace(co_varnames=names, co_name=table.attribute)
        if table.default is ABSENT:
            ask.__defaults__ = None
    ask.__name__ = table.attribute
    ask.__qualname__ = f"{kind.title}.{table.attribute}"
    ask.__doc__ = table.function.__doc__
    ask.__everact_handler__ = table
    return ask


def _method(lane: Lane, kind: KindTable, table: HandlerTable, *, has_options: bool) -> Callable[..., Any]:
    """An ask of a handler, all the way down where nothing has to wait."""
    submit, complete, settle, activations = lane.core.ask, lane.core.complete, lane.settle, lane.activations
    tasks, kind_name, decode_reply = lane.tasks, kind.name, table.decode_reply
    kind_index, index, function, takes = kind.index, table.index, table.function, table.parameter is not None
    wants_context, is_coroutine, writes = table.wants_context, table.is_coroutine, not table.read_only
    ending, invoke, is_short = lane.ending, _within(table), table.is_short
    hand_in, fail, violate = ending.hand_in, ending.fail, ending.violate
    send, read, written = _sender(kind, table, submit, has_options=has_options), _reader(table), _writer(table)
    # Integers are the core's to write: one that its own caller's turn reads is never written at all.
    integer = int if table.plain_message is int and not has_options else None
    integer_reply = int if table.plain_reply is int else None

    async def ask(self: TypedReference, message: Any = ABSENT) -> Any:
        is_plain, asker = type(message) is integer, self._context
        parent = 0 if asker is None else asker._turn_id()
        try:
            turn = submit(kind_index, index, self._key, message, parent) if is_plain else send(self, message, parent)
        except OverflowError:  # an integer of more than 64 bits
            is_plain, turn = False, send(self, message, parent)
        if type(turn) is not Turn:
            return await settle(*turn, self._decoder(decode_reply) if has_options else decode_reply)
        try:
            held = activations.get(turn.activation)
            if held is None or held.is_shared or not is_short:
                return await settle(turn.ask, [turn], decode_reply)
            given = message if is_plain else read(message, turn)
            if given is _UNREAD:  # it is read once more, and reported, by the lane
                return await settle(turn.ask, [turn], decode_reply)
            events: list[Event] | tuple[()] | None
            context, before, value = None, held.accepted, None
            try:
                if wants_context:
                    context = Context(lane, turn, kind_name, self._key)
                    value = invoke(held.actor, given, context)
                else:
                    value = function(held.actor, given) if takes else function(held.actor)
                if is_coroutine:
                    value = await value
                reply, given = value, None
                if type(value) is not integer_reply or context is not None:
                    reply, value = written(value) if context is None or not context._deferred else (b"", None)
                if context is not None:
                    events = hand_in(turn, held, before, reply, context)
                else:
                    state = held.taken(before, writes)
                    try:
                        is_due = state is None or writes
                        events = complete(turn, reply, state) if is_due else violate(turn, held, before)
                    except OverflowError:
                        reply, value = written(value)
                        events = complete(turn, reply, state)
            except BaseException as error:
                events = fail(turn, held, before, error, context)
        except RecursionError:  # the end of the stack came within the SDK's own code
            if turn.id not in tasks:
                turn.is_lost = True
            raise
        if events is None:
            lane.runs += 1
            if lane.runs >= lane.runs_max:
                await lane.pause()
        elif events or (context is not None and context._deferred):
            return await settle(turn.ask, list(events), decode_reply)
        else:
            await lane.committed(turn.ask)
        return decoded_reply(reply, decode_reply) if value is None else value

    return ask


def _sender(kind: KindTable, table: HandlerTable, submit: Any, *, has_options: bool) -> Callable[..., _Asked]:
    """An ask of a message that has an encoding."""
    encode, kind_index, index = table.encode_message, kind.index, table.index

    def send(self: TypedReference, message: Any, parent: int) -> _Asked:
        try:
            payload = encode(message)
        except Exception as error:
            payload = table.without_encoding(message, error)
        if has_options:
            return self._send(table, payload)
        return submit(kind_index, index, self._key, payload, parent)  # type: ignore[no-any-return]

    return send


def _reader(table: HandlerTable) -> Callable[[Any, Turn], Any]:
    """What a handler gets for a message that its caller still has; `_UNREAD` where that cannot be read."""
    plain, decode = table.plain_message, table.decode_message

    def read(message: Any, turn: Turn) -> Any:
        payload = turn.payload
        try:
            return message if type(message) is plain and len(payload) <= PLAIN_BYTES_MAX else decode(payload)
        except BaseException:
            return _UNREAD

    return read


def _writer(table: HandlerTable) -> Callable[[Any], tuple[Any, Any]]:
    """A reply, and the value where that is what its caller would read."""
    encode, plain = table.encode_reply, table.plain_reply

    def written(value: Any) -> tuple[Any, Any]:
        reply = encode(value)
        return reply, value if type(value) is plain and len(reply) <= PLAIN_BYTES_MAX else None

    return written


def _within(table: HandlerTable) -> Callable[..., Any]:
    """A call of a handler that has its context, during which references of processes know the turn."""
    invoke = table.invoke

    def plain(actor: Any, message: Any, context: Context) -> Any:
        token = HERE.set(context)
        try:
            return invoke(actor, message, context)
        finally:
            HERE.reset(token)

    async def coroutine(actor: Any, message: Any, context: Context) -> Any:
        token = HERE.set(context)
        try:
            return await invoke(actor, message, context)
        finally:
            HERE.reset(token)

    return coroutine if table.is_coroutine else plain


def checked_key(key: Any) -> str:
    """An actor's key, or `InvalidArgument` that says what is wrong with it."""
    return _source("an actor's key", key)


def _source(what: str, given: Any) -> str:
    """A key, a producer's name or an idempotency key: a text that has an encoding, not empty and not too long."""
    if not issubclass(type(given), str):
        raise InvalidArgument(f"{what} is a text, not {_type_name(given)}")
    text: str = str.__str__(given)
    try:
        count = len(text.encode())
    except UnicodeEncodeError as error:
        raise InvalidArgument(f"{what} is no well-formed text: {error}") from None
    if not 0 < count <= KEY_BYTES_MAX:
        raise InvalidArgument(f"{what} has 1 to {KEY_BYTES_MAX} bytes, this one has {count}")
    return text


def bounded(what: str, given: Any, least: int = 1, most: int = _FOR_EVER - 1) -> int:
    """A whole number within its bounds, or `InvalidArgument` that says what it is."""
    if type(given) is not int or not least <= given <= most:
        shown = f"{given}" if type(given) in (int, float) else _type_name(given)
        raise InvalidArgument(f"{what} is a whole number from {least} to {most}, not {shown}")
    return given


def _type_name(given: object) -> str:
    return f"a {type(given).__name__}"
