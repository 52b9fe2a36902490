"""Durable actors, embedded in the process.

An actor is a class with typed fields; its fields are stored after every turn that changed them, and all effects of a
turn commit together or not at all.

    from everact import Actor, Engine, handler

    class Airport(Actor):
        flights: int = 0

        @handler
        async def landed(self, delay: int) -> int:
            self.flights += 1
            return self.flights

    async with Engine("flights-data", actors=[Airport]) as engine:
        print(await engine.actor(Airport, "SFO").landed(12))
"""

from everact._core import version as _version
from everact.actor import Actor, Overflow
from everact.blocking import Blocking
from everact.caller import Caller
from everact.connection import Connection, connect
from everact.context import Context
from everact.dead_letters import DeadLetter
from everact.engine import Engine, restore
from everact.errors import (
    ActorStopped,
    AlreadyApplied,
    ApplicationError,
    Cancelled,
    Closed,
    ConnectionLost,
    Corrupted,
    DataLocked,
    DeadlineExceeded,
    Deadlock,
    DuplicateKind,
    EveractError,
    Forked,
    HandlerFailed,
    Internal,
    InvalidArgument,
    InvalidConfiguration,
    InvalidDeclaration,
    InvalidPayload,
    InvalidState,
    MailboxFull,
    MalformedFrame,
    NameTaken,
    NoProcess,
    Overloaded,
    PermissionDenied,
    ReadOnlyViolation,
    StaleOwner,
    StateMismatch,
    TooLarge,
    Unauthenticated,
    Unavailable,
    UnknownHandler,
    UnknownKind,
    Unreachable,
    UnsupportedFormat,
)
from everact.handler import handler
from everact.metadata import Metadata
from everact.options import AskOptions, Options
from everact.producer import Ingested, Producer
from everact.reference import Reference
from everact.retry import Retry
from everact.scope import Scope
from everact.state import state, was

__version__: str = _version()
"""The version of the package and of the core in it."""

__all__ = [
    "Actor",
    "ActorStopped",
    "AlreadyApplied",
    "ApplicationError",
    "AskOptions",
    "Blocking",
    "Caller",
    "Cancelled",
    "Closed",
    "Connection",
    "ConnectionLost",
    "Context",
    "Corrupted",
    "DataLocked",
    "DeadLetter",
    "DeadlineExceeded",
    "Deadlock",
    "DuplicateKind",
    "Engine",
    "EveractError",
    "Forked",
    "HandlerFailed",
    "Ingested",
    "Internal",
    "InvalidArgument",
    "InvalidConfiguration",
    "InvalidDeclaration",
    "InvalidPayload",
    "InvalidState",
    "MailboxFull",
    "MalformedFrame",
    "Metadata",
    "NameTaken",
    "NoProcess",
    "Options",
    "Overflow",
    "Overloaded",
    "PermissionDenied",
    "Producer",
    "ReadOnlyViolation",
    "Reference",
    "Retry",
    "Scope",
    "StaleOwner",
    "StateMismatch",
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
    "state",
    "was",
]
