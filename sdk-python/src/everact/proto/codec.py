"""Payloads: protobuf messages and lists of them as bytes, and the keys in them.

A list is its items back to back, each as its length (32 bits, little-endian) and its bytes; no items is an empty
payload.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import EncodeError, Message

from everact.errors import InvalidArgument, InvalidDeclaration, InvalidPayload

_LENGTH_BYTES: Final = 4
_INTEGERS: Final = {
    FieldDescriptor.CPPTYPE_INT32,
    FieldDescriptor.CPPTYPE_INT64,
    FieldDescriptor.CPPTYPE_UINT32,
    FieldDescriptor.CPPTYPE_UINT64,
}


def encoder(kind: type[Message], label: str) -> Callable[[Any], bytes]:
    """From a message of this class to its bytes."""
    encode = kind.SerializeToString

    def of_message(message: Any) -> bytes:
        if not isinstance(message, kind):
            raise misfit(kind, message, label)
        return encode(message)

    return of_message


def misfit(kind: type[Message], message: object, label: str) -> TypeError:
    """What whoever gives another message than the declared one is told."""
    given = message.DESCRIPTOR.full_name if isinstance(message, Message) else type(message).__name__
    return TypeError(f"{label}: a {kind.DESCRIPTOR.full_name} is needed, this is a {given}")


def encode_list(items: Iterable[bytes]) -> bytes:
    """Encoded messages as one payload."""
    return b"".join(part for item in items for part in (len(item).to_bytes(_LENGTH_BYTES, "little"), item))


def list_decoder(decode: Callable[[bytes], Any]) -> Callable[[bytes], list[Any]]:
    """From a payload to the list of its messages."""

    def of_payload(payload: bytes) -> list[Any]:
        found, at = [], 0
        while at < len(payload):
            start = at + _LENGTH_BYTES
            at = start + int.from_bytes(payload[at:start], "little")
            if at > len(payload):
                raise ValueError("the list of messages is cut off")
            found.append(decode(payload[start:at]))
        return found

    return of_payload


class KeyField:
    """The field of a request that says which actor it is for."""

    __slots__ = ("_has_presence", "_request", "is_integer", "label", "name")

    def __init__(self, request: type[Message], name: str, label: str) -> None:
        """Reads the descriptor; `InvalidDeclaration` where there is no such field."""
        field = request.DESCRIPTOR.fields_by_name.get(name)
        if field is None:
            raise InvalidDeclaration(f"{label}: {request.DESCRIPTOR.full_name} has no field {name}")
        self.is_integer = field.cpp_type in _INTEGERS
        is_text = field.type == FieldDescriptor.TYPE_STRING
        if field.is_repeated or not (is_text or self.is_integer):
            raise InvalidDeclaration(f"{label}: {field.full_name} is no key: a key is a string or an integer")
        self._request = request
        self._has_presence = field.has_presence
        self.label = label
        self.name = name

    def key_of(self, request: Message) -> str:
        """The key that a request names."""
        key = str(getattr(request, self.name))
        if not key:
            raise InvalidArgument(f"{self.label}: the field {self.name} names no actor: set it, or use a reference")
        return key

    def encode(self, request: Message, key: str) -> bytes:
        """A request for the actor of this key. One that leaves the key open is completed, the caller's own is not."""
        given = getattr(request, self.name)
        is_set = request.HasField(self.name) if self._has_presence else bool(given)
        if is_set and str(given) == key:
            return request.SerializeToString()
        if is_set:
            raise InvalidArgument(f"{self.label}: the request is for {given!r}, the reference is to {key!r}")
        try:
            completion = self._request(**{self.name: int(key) if self.is_integer else key})
        except (TypeError, ValueError) as error:
            raise InvalidArgument(f"{self.label}: {key!r} cannot be the field {self.name}: {error}") from error
        try:
            # The last value of a field counts.
            return request.SerializeToString() + completion.SerializePartialToString()
        except EncodeError:  # the key is a required field of proto2
            completion.MergeFrom(request)
            return completion.SerializeToString()


def unreadable(label: str, error: Exception) -> InvalidPayload:
    """What a payload that holds no such message is answered with."""
    return InvalidPayload(f"{label}: {error}")
