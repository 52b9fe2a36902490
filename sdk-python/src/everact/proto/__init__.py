"""What generated code stands on: actors, references and clients whose messages are protobuf.

`protoc-gen-everact` writes, for a service of a .proto file with the option `(everact.v1.actor)`, a declaration (`Kind`
with its methods), an actor to extend, a reference and a client. Programs use those; this room is what they are made of.
It needs the package protobuf: `pip install everact[proto]`.
"""

from collections.abc import AsyncIterator, Coroutine, Iterable
from typing import Any, TypeAlias, TypeVar

from everact.actor import Overflow
from everact.context import Context
from everact.proto.actor import Actor
from everact.proto.error import MessageError
from everact.proto.kind import Kind, Method
from everact.proto.reference import Client, Reference
from everact.retry import Retry
from everact.scope import Scope

T = TypeVar("T")

Reply: TypeAlias = Coroutine[Any, Any, T] | T
"""What a handler may return: the reply, or a coroutine that gives it."""
Replies: TypeAlias = Coroutine[Any, Any, Iterable[T]] | Iterable[T] | AsyncIterator[T]
"""What a handler of several replies may return; an asynchronous generator is one of them."""

__all__ = [
    "Actor",
    "Client",
    "Context",
    "Kind",
    "MessageError",
    "Method",
    "Overflow",
    "Reference",
    "Replies",
    "Reply",
    "Retry",
    "Scope",
]
