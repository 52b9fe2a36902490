"""State: an actor's object between its turns, and the way back to the last accepted state.

The core decides which turns are accepted and what is stored; here lives the decoded object and the bytes it was last
accepted with. A turn that fails puts the object back to those bytes.
"""

from __future__ import annotations

import msgspec

from reenact.actor import Actor
from reenact.codec import ENCODE


class Activation:
    """One actor in memory."""

    __slots__ = ("accepted", "actor", "decode", "key")

    def __init__(self, actor: Actor, accepted: bytes, key: str, decode: msgspec.json.Decoder[Actor]) -> None:
        """An object that stands at the state `accepted`."""
        self.actor = actor
        self.accepted = accepted
        self.key = key
        self.decode = decode

    def put_back(self, state: bytes) -> None:
        """Gives every field the value it has in an encoded state; attributes that are not state stay."""
        actor, before = self.actor, self.decode.decode(state)
        for field in actor.__struct_fields__:
            setattr(actor, field, getattr(before, field))


def activation_of(
    actor: type[Actor], decode: msgspec.json.Decoder[Actor], key: str, stored: bytes | None, defaults: bytes
) -> Activation:
    """The activation for a stored state, or for the defaults where nothing is stored."""
    if stored is None:
        return Activation(actor(), defaults, key, decode)
    made = decode.decode(stored)
    # Encoded anew: stored bytes of an older declaration or another language may be spelled differently.
    return Activation(made, ENCODE(made), key, decode)
