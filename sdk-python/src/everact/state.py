"""State: an actor's object between its turns, and the way back to the last accepted state.

The core decides which turns are accepted and what is stored; here lives the decoded object and the bytes it was last
accepted with. A turn that fails puts the object back to those bytes.
"""

from __future__ import annotations

from typing import Any

import msgspec

from everact.actor import Actor
from everact.codec import ENCODE, Encode


class Activation:
    """One actor in memory, whatever its state is made of."""

    __slots__ = ("actor", "encode", "key")

    def __init__(self, actor: Any, key: str, encode: Encode) -> None:
        """An object, and how its state is encoded."""
        self.actor = actor
        self.key = key
        self.encode = encode

    @property
    def accepted(self) -> bytes:
        """The state's bytes as they were last accepted."""
        raise NotImplementedError

    @accepted.setter
    def accepted(self, state: bytes) -> None:
        raise NotImplementedError

    def put_back(self, state: bytes, *, in_place: bool) -> None:
        """Gives the object the state that it had; `in_place` where an outer turn may hold parts of it."""
        raise NotImplementedError


class FieldsActivation(Activation):
    """One actor whose state is its typed fields."""

    __slots__ = ("accepted", "decode")

    def __init__(self, actor: Actor, accepted: bytes, key: str, decode: msgspec.json.Decoder[Actor]) -> None:
        """An object that stands at the state `accepted`."""
        super().__init__(actor, key, ENCODE)
        self.accepted = accepted
        self.decode = decode

    def put_back(self, state: bytes, *, in_place: bool) -> None:
        """Gives every field the value it has in an encoded state; attributes that are not state stay."""
        actor, before = self.actor, self.decode.decode(state)
        for field in actor.__struct_fields__:
            setattr(actor, field, getattr(before, field))
