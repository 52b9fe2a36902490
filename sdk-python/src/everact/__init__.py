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
from everact.event_manager import After, EventContext, EventHandler, EventManager, Leaving, Refuse
from everact.event_manager_reference import EventHandlerError, EventManagerRef
from everact.exit_reason import ExitReason
from everact.handler import handler
from everact.metadata import Metadata
from everact.options import AskOptions, Options
from everact.process import Process, ProcessFunction, process
from everact.process_context import ProcessContext
from everact.process_reference import ProcessRef
from everact.producer import Ingested, Producer
from everact.reference import Reference
from everact.reply_to import ReplyTo
from everact.retry import Retry
from everact.scope import Scope
from everact.server import Server, ServerContext
from everact.signals import Down, Exit, GroupMonitor, HandlerGone, Joined, Left, Monitor
from everact.state import state, was
from everact.state_machine import StateMachine, StateMachineActor, StateMachineContext, Timeout, hook
from everact.supervisor import (
    Backoff,
    Child,
    Counts,
    OutputLine,
    Program,
    Running,
    Supervisor,
    SupervisorError,
    SupervisorRef,
)
from everact.timer import Timer

__version__: str = _version()
"""The version of the package and of the core in it."""

__all__ = [
    "Actor",
    "ActorStopped",
    "After",
    "AlreadyApplied",
    "ApplicationError",
    "AskOptions",
    "Backoff",
    "Blocking",
    "Caller",
    "Cancelled",
    "Child",
    "Closed",
    "Connection",
    "ConnectionLost",
    "Context",
    "Corrupted",
    "Counts",
    "DataLocked",
    "DeadLetter",
    "DeadlineExceeded",
    "Deadlock",
    "Down",
    "DuplicateKind",
    "Engine",
    "EventContext",
    "EventHandler",
    "EventHandlerError",
    "EventManager",
    "EventManagerRef",
    "EveractError",
    "Exit",
    "ExitReason",
    "Forked",
    "GroupMonitor",
    "HandlerFailed",
    "HandlerGone",
    "Ingested",
    "Internal",
    "InvalidArgument",
    "InvalidConfiguration",
    "InvalidDeclaration",
    "InvalidPayload",
    "InvalidState",
    "Joined",
    "Leaving",
    "Left",
    "MailboxFull",
    "MalformedFrame",
    "Metadata",
    "Monitor",
    "NameTaken",
    "NoProcess",
    "Options",
    "OutputLine",
    "Overflow",
    "Overloaded",
    "PermissionDenied",
    "Process",
    "ProcessContext",
    "ProcessFunction",
    "ProcessRef",
    "Producer",
    "Program",
    "ReadOnlyViolation",
    "Reference",
    "Refuse",
    "ReplyTo",
    "Retry",
    "Running",
    "Scope",
    "Server",
    "ServerContext",
    "StaleOwner",
    "StateMachine",
    "StateMachineActor",
    "StateMachineContext",
    "StateMismatch",
    "Supervisor",
    "SupervisorError",
    "SupervisorRef",
    "Timeout",
    "Timer",
    "TooLarge",
    "Unauthenticated",
    "Unavailable",
    "UnknownHandler",
    "UnknownKind",
    "Unreachable",
    "UnsupportedFormat",
    "connect",
    "handler",
    "hook",
    "process",
    "restore",
    "state",
    "was",
]
