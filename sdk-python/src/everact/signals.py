"""What a process receives besides messages: why others end, and who joins and leaves the groups that it watches.

They are values like messages: a process of the receive style matches them among its messages, one of the handler style
has hooks for them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

from everact.event_manager_reference import EventManagerRef
from everact.exit_reason import ExitReason
from everact.process_reference import ProcessRef

if TYPE_CHECKING:
    from everact._home import Home

EXIT: Final = 0xFFFC
"""The number of the turn that brings an exit to one who traps them."""
DOWN: Final = 0xFFFB
"""The number of the turn that brings the end of one who is watched."""
GROUP: Final = 0xFFFA
"""The number of the turn that brings a change of a group that is watched."""
MANAGER: Final = 0xFFF6
"""The number of the turn that says that a handler has gone; in an event manager, of all its callbacks."""


class Monitor(msgspec.Struct, frozen=True):
    """A watch on a process or an actor, which ends with one `Down`. Equal to the one that its `Down` has."""

    number: int


class GroupMonitor(msgspec.Struct, frozen=True):
    """A watch on a group, or on all of them. Equal to the one that each `Joined` and `Left` has."""

    number: int


class Exit(msgspec.Struct, frozen=True):
    """One who is linked has ended, or somebody asks this process to end; it traps exits, so it is a message."""

    who: ProcessRef[Any] | str
    """The process, or the actor's address."""
    reason: ExitReason
    from_parent: bool = False
    """Whether it comes from the one that spawned this process linked, its supervisor for example: time to end."""


class Down(msgspec.Struct, frozen=True):
    """One who was watched has ended."""

    monitor: Monitor
    who: ProcessRef[Any] | str
    """The process, or the actor's address."""
    reason: ExitReason


class Joined(msgspec.Struct, frozen=True):
    """A process has joined a group."""

    monitor: GroupMonitor
    group: str
    process: ProcessRef[Any]


class Left(msgspec.Struct, frozen=True):
    """A process has left a group, or has ended."""

    monitor: GroupMonitor
    group: str
    process: ProcessRef[Any]


class HandlerGone(msgspec.Struct, frozen=True):
    """A handler of an event manager that this one supervises has gone."""

    manager: EventManagerRef
    id: str
    reason: ExitReason
    """Normal if it was removed or replaced, else why its manager has stopped or why it failed."""
    replaced_by: str | None = None
    """The handler that has taken its place."""


class Who(msgspec.Struct, frozen=True):
    """How the core writes a process or an actor."""

    process: str | None = None
    kind: int | str | None = None
    key: str = ""


class _Gone(msgspec.Struct):
    manager: Who
    handler: str
    reason: dict[str, Any]


class _Note(msgspec.Struct, rename={"from_": "from"}):
    """How the core writes all of them."""

    from_: Who = Who()
    reason: ExitReason = ExitReason.NORMAL
    monitor: str = "0"
    group: str = ""
    joined: bool = False
    parent: bool = False
    process: str = "0"
    kind: int | None = None


_DECODE: Final = msgspec.json.Decoder(_Note).decode
_DECODE_GONE: Final = msgspec.json.Decoder(_Gone).decode


def signal_of(handler: int, payload: bytes, home: Home) -> Exit | Down | Joined | Left | HandlerGone:
    """What a turn of one of the numbers above brings."""
    if handler == MANAGER:
        return _gone(_DECODE_GONE(payload), home)
    note = _DECODE(payload)
    if handler == EXIT:
        return Exit(who_of(note.from_, home), note.reason, note.parent)
    if handler == DOWN:
        return Down(Monitor(int(note.monitor)), who_of(note.from_, home), note.reason)
    process = home.process(int(note.process), note.kind)
    return (Joined if note.joined else Left)(GroupMonitor(int(note.monitor)), note.group, process)


def _gone(note: _Gone, home: Home) -> HandlerGone:
    manager = EventManagerRef(home, home.kind_name(note.manager.kind), int(note.manager.process or 0))
    if note.reason["is"] == "swapped":
        return HandlerGone(manager, note.handler, ExitReason.NORMAL, note.reason["new"])
    return HandlerGone(manager, note.handler, msgspec.convert(note.reason, ExitReason))


def who_of(given: Who, home: Home) -> ProcessRef[Any] | str:
    """A process, or an actor's address."""
    if given.process is None:
        return f"{home.kind_name(given.kind)}/{given.key}"
    return home.process(int(given.process), given.kind)
