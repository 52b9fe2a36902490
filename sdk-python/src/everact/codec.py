"""Payloads: how messages and replies become bytes and come back typed.

JSON through msgspec, or the bytes themselves where the handler's type is `bytes`. No value is an empty payload.
State has its own room, `state.py`, on the same encoder.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Final, TypeVar

import msgspec
import msgspec.inspect

from everact import _models
from everact._fit import ENCODE as JSON
from everact._fit import check_read, encode_loose, is_loose
from everact._shape import bounded, strict_decoder
from everact._text import name_of, named_text_of, text_of
from everact.application import ApplicationError, error_of
from everact.errors import EveractError, HandlerFailed, InvalidArgument, InvalidDeclaration, InvalidPayload, from_code
from everact.metadata import Entries, metadata_of

if TYPE_CHECKING:
    from everact._core import Reply

T = TypeVar("T")

Encode = Callable[[Any], bytes]
"""From a value to its payload."""
Decode = Callable[[bytes], Any]
"""From a payload to its value; raises `msgspec.MsgspecError` where it does not fit."""


class Absent:
    """The type of `ABSENT`: no value at all, which is not the JSON null."""

    __slots__ = ()

    def __repr__(self) -> str:
        """Reads as its name."""
        return "ABSENT"


ABSENT: Final[Any] = Absent()
"""No message was given."""

PLAIN_BYTES_MAX: Final = 18
"""An integer of no more bytes is one of 64 bits."""

ENCODE: Final[Encode] = JSON
"""JSON of any value that msgspec knows, and of pydantic's models."""

_DECODE_ANY: Final[Decode] = msgspec.json.Decoder().decode


def encoder(declared: Any) -> Encode:
    """The encoder for values of a declared type."""
    if declared is None or declared is type(None):
        return _nothing
    if declared is bytes:
        return _raw
    if declared is ABSENT:
        return _undeclared
    return encode_loose if is_loose(declared) else ENCODE


def plain_type(declared: Any) -> type[Any] | None:
    """The declared type where its exact values are read back as themselves, so that one may stand for its payload.

    A value of another type is let go before its turn ends, because it may hold the actor.
    """
    return declared if declared in (int, str, bool) else None


def reply_encoder(declared: Any, label: str) -> Encode:
    """The encoder of a handler's replies, whose errors say that they are about the reply."""
    encode = encoder(declared)
    if encode is ENCODE or encode is _nothing:
        return encode

    def of_reply(value: Any) -> bytes:
        try:
            return encode(value)
        except Exception as error:
            raise HandlerFailed(f"the reply of {label}: {named_text_of(error)}") from None

    return of_reply


Read = Callable[[Any, Any], Any]
"""For decoders: a value of a type that msgspec does not know, from the type and what JSON made of it."""


def message_decoder(declared: Any, place: str, read: Read = _models.read) -> Decode:
    """The decoder for messages of a declared type, which have no fields that it does not know."""
    if declared in (None, type(None), bytes, ABSENT):
        return decoder(declared, place)
    return strict_decoder(decoder(bounded(declared), place, read), declared)  # type: ignore[no-any-return]


def decoder(declared: Any, place: str, read: Read = _models.read) -> Decode:
    """The decoder for values of a declared type; `place` names the declaration where msgspec cannot read the type."""
    if declared is None or declared is type(None):
        return _no_value
    if declared is bytes:
        return bytes
    if declared is ABSENT:
        return decode_undeclared
    return typed_decoder(declared, place, read).decode


def typed_decoder(declared: type[T], place: str, read: Read = _models.read) -> msgspec.json.Decoder[T]:
    """Msgspec's decoder of a type; `InvalidDeclaration` where JSON has no form for it."""
    try:
        strange = next(_without_json(msgspec.inspect.type_info(declared), set()), None)
        decoder = msgspec.json.Decoder(declared, dec_hook=read)
    except Exception as error:
        raise InvalidDeclaration(f"{place}: {error}") from error
    if strange is not None:
        raise InvalidDeclaration(f"{place}: {_models.no_form(strange)}")
    return decoder


def _without_json(info: object, seen: set[int]) -> Iterator[type[Any]]:
    """The types within a type that msgspec would need a hook for."""
    if isinstance(info, tuple):
        for part in info:
            yield from _without_json(part, seen)
    elif isinstance(info, (msgspec.inspect.Type, msgspec.inspect.Field)) and id(info) not in seen:
        seen.add(id(info))
        if isinstance(info, msgspec.inspect.CustomType) and not _models.has_form(info.cls):
            yield info.cls
        for name in info.__struct_fields__:
            yield from _without_json(getattr(info, name), seen)


def holds_references(declared: Any) -> bool:
    """Whether values of a type may hold references of processes."""
    try:
        return _holds_references(msgspec.inspect.type_info(declared), set())
    except Exception:  # no type for msgspec
        return False


def _holds_references(info: object, seen: set[int]) -> bool:
    if isinstance(info, tuple):
        return any(_holds_references(part, seen) for part in info)
    if not isinstance(info, (msgspec.inspect.Type, msgspec.inspect.Field)) or id(info) in seen:
        return False
    seen.add(id(info))
    if isinstance(info, msgspec.inspect.CustomType):
        return _models.is_reference(info.cls)
    return any(_holds_references(getattr(info, name), seen) for name in info.__struct_fields__)


def as_bytes(payload: bytes | int) -> bytes:
    """A payload that may be an integer, as it travels."""
    return payload if type(payload) is bytes else str(payload).encode()


def decode_undeclared(payload: bytes) -> Any:
    """Any JSON value; None where the payload is empty."""
    if not payload:
        return None
    value = _DECODE_ANY(payload)
    check_read(value, payload)
    return value


def encode_message(message: Any) -> bytes:
    """The payload of a message whose handler's type is not known here: bytes stay as they are, the rest is JSON."""
    if message is ABSENT:
        return b""
    if type(message) is bytes:
        return message
    try:
        return encode_loose(message)
    except Exception as error:
        raise unsendable("the message", message, error) from error


def unsendable(what: str, message: object, error: Exception) -> InvalidArgument:
    """What the caller gets for a message that cannot be encoded; nothing was sent."""
    return InvalidArgument(f"{what}: a {name_of(message)} cannot be encoded: {text_of(error)}")


class Collecting:
    """A decoder whose caller wants to know what travelled beside the reply."""

    __slots__ = ("_decode", "_metadata")

    def __init__(self, decode: Decode, metadata: dict[str, str | bytes]) -> None:
        """The metadata goes into the dictionary."""
        self._decode = decode
        self._metadata = metadata

    def __call__(self, payload: bytes) -> Any:
        """Decodes."""
        return self._decode(payload)

    def take(self, entries: Entries) -> None:
        """What travelled beside the reply."""
        self._metadata.update(metadata_of(entries))


def decode_outcome(outcome: Reply, decode: Decode) -> Any:
    """The reply's value, or the failure as its exception."""
    code, payload = outcome[1], outcome[2]
    if code:
        raise failure_of(code, payload)  # type: ignore[arg-type]
    if len(outcome) > 3 and type(decode) is Collecting:
        decode.take(outcome[3])
    return decoded_reply(payload, decode)  # type: ignore[arg-type]


def decoded_reply(payload: bytes, decode: Decode) -> Any:
    """A reply's value; `InvalidPayload` for one that its caller cannot read. The turn has counted."""
    try:
        return decode(payload)
    except Exception as error:
        raise InvalidPayload(f"the reply does not fit its declaration: {text_of(error)}") from error


def failure_of(code: int, text: str) -> EveractError:
    """A failure as its exception; an application error as the class that was raised, where it is known here."""
    return error_of(text) if code == ApplicationError.code else from_code(code, text)


def _raw(value: Any) -> bytes:
    return value if type(value) is bytes else bytes(memoryview(value))


def _nothing(_: Any) -> bytes:
    return b""


def _undeclared(value: Any) -> bytes:
    return b"" if value is None else encode_loose(value)


def _no_value(payload: bytes) -> None:
    if payload:
        raise msgspec.ValidationError("Expected no value")
