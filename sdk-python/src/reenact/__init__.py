"""Durable actors, embedded in the process.

An actor is a class with typed fields; its fields are stored after every turn that changed them, and all effects of a
turn commit together or not at all.

    from reenact import Actor, Engine, handler

    class Airport(Actor):
        flights: int = 0

        @handler
        async def landed(self, delay: int) -> int:
            self.flights += 1
            return self.flights

    async with Engine("flights-data", actors=[Airport]) as engine:
        print(await engine.actor(Airport, "SFO").landed(12))
"""

from reenact._core import version as _version
from reenact.actor import Actor, Overflow
from reenact.connection import Connection, connect
from reenact.context import Context
from reenact.engine import Engine, restore
from reenact.errors import (
    ActorStopped,
    AlreadyApplied,
    Cancelled,
    Closed,
    ConnectionLost,
    Corrupted,
    DataLocked,
    DeadlineExceeded,
    Deadlock,
    DuplicateKind,
    Forked,
    HandlerFailed,
    Internal,
    InvalidArgument,
    InvalidConfiguration,
    InvalidDeclaration,
    InvalidPayload,
    MailboxFull,
    MalformedFrame,
    Overloaded,
    PermissionDenied,
    ReadOnlyViolation,
    ReenactError,
    StaleOwner,
    TooLarge,
    Unauthenticated,
    Unavailable,
    UnknownHandler,
    UnknownKind,
    Unreachable,
    UnsupportedFormat,
)
from reenact.handler import handler
from reenact.metadata import Metadata
from reenact.options import AskOptions, Options
from reenact.reference import Reference
from reenact.scope import Scope

__version__: str = _version()
"""The version of the package and of the core in it."""

__all__ = [
    "Actor",
    "ActorStopped",
    "AlreadyApplied",
    "AskOptions",
    "Cancelled",
    "Closed",
    "Connection",
    "ConnectionLost",
    "Context",
    "Corrupted",
    "DataLocked",
    "DeadlineExceeded",
    "Deadlock",
    "DuplicateKind",
    "Engine",
    "Forked",
    "HandlerFailed",
    "Internal",
    "InvalidArgument",
    "InvalidConfiguration",
    "InvalidDeclaration",
    "InvalidPayload",
    "MailboxFull",
    "MalformedFrame",
    "Metadata",
    "Options",
    "Overflow",
    "Overloaded",
    "PermissionDenied",
    "ReadOnlyViolation",
    "ReenactError",
    "Reference",
    "Scope",
    "StaleOwner",
    "TooLarge",
    "Unauthenticated",
    "Unavailable",
    "UnknownHandler",
    "UnknownKind",
    "Unreachable",
    "UnsupportedFormat",
    "connect",
    "handler",
    "restore",
]
