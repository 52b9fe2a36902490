"""Who calls: what the gateway found out about whoever sent the message, handed on from actor to actor."""

from __future__ import annotations

from typing import Any, Final, Literal

import msgspec

CALLER: Final = "everact-caller"
"""The metadata entry that tells it."""


class Caller(msgspec.Struct, frozen=True):
    """A caller from outside: `ctx.caller.name`, `ctx.caller.claims["email"]`."""

    by: Literal["token", "jwt", "certificate", "anonymous"]
    """How it proved who it is."""
    name: str = ""
    """The token's name, the JWT's subject, the certificate's subject; empty for an anonymous one."""
    claims: dict[str, Any] = {}
    """A JWT's claims; what else is known of a certificate."""


_DECODE: Final = msgspec.json.Decoder(Caller).decode


def caller_of(entry: bytes) -> Caller:
    """The caller in the engine's own metadata entry."""
    return _DECODE(entry)
