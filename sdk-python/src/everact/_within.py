"""What a turn may do about processes in its own name: tie itself to others, and all that can be done from outside."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar, overload

from everact import _core
from everact._processes import DEMONITOR_GROUP, JOIN, LEAVE, MONITOR_GROUP, Processes, pairs
from everact.errors import InvalidArgument
from everact.exit_reason import ExitReason, encoded
from everact.signals import GroupMonitor, Monitor

if TYPE_CHECKING:
    from everact._lane import Lane
    from everact.actor import Actor
    from everact.event_manager import EventManager
    from everact.event_manager_reference import EventManagerRef
    from everact.metadata import Entries
    from everact.process import Process, ProcessFunction
    from everact.process_reference import ProcessRef
    from everact.reference import Reference

A = TypeVar("A")
M = TypeVar("M")
P = TypeVar("P", bound="Process")


class ProcessExit(BaseException):
    """Ends the turn, and its process with a reason; `Context.exit` raises it."""

    def __init__(self, reason: ExitReason) -> None:
        """The reason; `InvalidArgument` if it cannot be given."""
        super().__init__(str(reason))
        self.reason = reason
        self.encoded = encoded(reason)
        self.reply: bytes | None = None
        """What whoever asked gets; `NoProcess` where it is None."""


class Within(Processes):
    """A turn of a process or of an actor."""

    __slots__ = ()

    _lane: Lane

    @abstractmethod
    def _turn_id(self) -> int:
        """The turn's number; `InvalidArgument` once it is over."""

    def _turn_or_none(self) -> int:
        """The turn's number for what a reference does, which may be 0 once it is over."""
        return self._turn_id()

    @abstractmethod
    def _process(self) -> int:
        """The number of the process whose turn it is; `InvalidArgument` in an actor's."""

    @abstractmethod
    def _leaves_with(self) -> int:
        """The turn in whose name a message to a process leaves at once; -1 where it leaves with the turn's commit."""

    def _tell_process(self, kind: int, handler: int, process: int, payload: bytes, metadata: Entries | None) -> None:
        """Sends a message to a process with the turn's commit, where it does not leave at once."""

    def _place(self) -> tuple[Lane, int]:
        return self._lane, self._turn_id()

    def _tie(self, number: int, events: list[_core.Event]) -> bool:
        return any(self._lane.command(self._turn_id(), number, events))

    @overload
    def spawn_link(self, what: type[P] | P, /, *, name: str | None = None) -> ProcessRef[P]: ...
    @overload
    def spawn_link(self, what: EventManager, /, *, name: str | None = None) -> EventManagerRef: ...
    @overload
    def spawn_link(self, what: ProcessFunction[M, None], /, *, name: str | None = None) -> ProcessRef[M]: ...
    @overload
    def spawn_link(self, what: ProcessFunction[M, A], argument: A, /, *, name: str | None = None) -> ProcessRef[M]: ...
    def spawn_link(self, what: Any, argument: Any = None, /, *, name: str | None = None) -> ProcessRef[Any]:
        """Spawns a process that is linked to this one from its beginning; else as `spawn`."""
        return self._lane.spawn(what, argument, self._turn_id(), name=name, link=True)

    @overload
    def spawn_monitor(self, what: type[P] | P, /, *, name: str | None = None) -> tuple[ProcessRef[P], Monitor]: ...
    @overload
    def spawn_monitor(
        self, what: ProcessFunction[M, None], /, *, name: str | None = None
    ) -> tuple[ProcessRef[M], Monitor]: ...
    @overload
    def spawn_monitor(
        self, what: ProcessFunction[M, A], argument: A, /, *, name: str | None = None
    ) -> tuple[ProcessRef[M], Monitor]: ...
    def spawn_monitor(
        self, what: Any, argument: Any = None, /, *, name: str | None = None
    ) -> tuple[ProcessRef[Any], Monitor]:
        """Spawns a process that this one watches from its beginning; else as `spawn`."""
        monitor = self._lane.new_monitor()
        return self._lane.spawn(what, argument, self._turn_id(), name=name, monitor=monitor), monitor

    def link(self, to: ProcessRef[Any] | Reference | Actor) -> None:
        """Links this one to another.

        When either crashes, the other one ends too, or receives an `Exit` if it traps exits. To be linked to one that
        has ended is to receive its exit with `ExitReason.NO_PROCESS`.
        """
        self._tie(*_core.link(self._lane.core, self._turn_id(), _who(to)))

    def unlink(self, other: ProcessRef[Any] | Reference | Actor) -> None:
        """Parts this one from another, whose end does not concern it from now on."""
        self._tie(*_core.unlink(self._lane.core, self._turn_id(), _who(other)))

    def monitor(self, whom: ProcessRef[Any] | Reference | Actor) -> Monitor:
        """Watches another one: its end comes as one `Down` with this monitor, at once if it has ended."""
        monitor = self._lane.new_monitor()
        self._tie(*_core.monitor(self._lane.core, self._turn_id(), _who(whom), monitor.number))
        return monitor

    def demonitor(self, monitor: Monitor, *, flush: bool = False) -> bool:
        """Watches no longer; whether the watch was on. With `flush` a `Down` that waits is taken out of the mailbox."""
        return self._tie(*_core.demonitor(self._lane.core, self._turn_id(), monitor.number, flush))

    def trap_exits(self, on: bool = True) -> bool:
        """Takes exits as messages (`Exit`) from now on instead of ending with them, or not; what held before."""
        return self._tie(*_core.trap_exits(self._lane.core, self._turn_id(), on))

    def exit(self, reason: ExitReason = ExitReason.NORMAL) -> NoReturn:
        """Ends this process with a reason, and the turn with it. Whoever has asked and waits gets `NoProcess`."""
        self._process()
        raise ProcessExit(reason)

    def register(self, name: str, process: ProcessRef[Any] | None = None, /) -> None:
        """Gives a process, this one unless another is named, a name that no other one has.

        The name vanishes with the process. Raises `NameTaken` or `NoProcess`.
        """
        super().register(name, self._own() if process is None else process)

    def join(self, group: str, process: ProcessRef[Any] | None = None) -> None:
        """Puts a process, this one unless another is named, into a group; it leaves when it ends."""
        number = self._process() if process is None else process.number
        self._tie(*_core.name(self._lane.core, JOIN, group, number))

    def leave(self, group: str, process: ProcessRef[Any] | None = None) -> bool:
        """Undoes the last joining; whether the process was a member."""
        number = self._process() if process is None else process.number
        return self._tie(*_core.name(self._lane.core, LEAVE, group, number))

    def monitor_group(self, group: str | None = None) -> tuple[GroupMonitor, list[ProcessRef[Any]]]:
        """Watches a group, or all of them; with who is a member now. Changes come as `Joined` and `Left`."""
        found = _core.name(self._lane.core, MONITOR_GROUP, group or "", self._process())
        reply = self._lane.command(self._turn_id(), *found)
        return GroupMonitor(int.from_bytes(reply[:8], "little")), pairs(self._lane, reply[8:])

    def demonitor_group(self, monitor: GroupMonitor) -> bool:
        """Watches the group no longer; whether the watch was on."""
        return self._tie(*_core.name(self._lane.core, DEMONITOR_GROUP, "", monitor.number))

    @property
    @abstractmethod
    def _activation(self) -> int:
        """Of whom the turn is, where there is more than one turn."""

    @abstractmethod
    def _wanted(self) -> bytes | None:
        """What a behaviour's callback wants, as JSON."""

    @abstractmethod
    def _own(self) -> ProcessRef[Any]:
        """The process whose turn it is."""

    @abstractmethod
    def _end(self) -> None:
        """The turn counts no more."""


def _who(given: object) -> int | tuple[int, str]:
    """A process's number, or kind and key of an actor."""
    find: Callable[[], int | tuple[int, str]] | None = getattr(given, "_resident", None)
    if find is None:
        raise InvalidArgument("a tie leads to a process or to an actor's reference")
    return find()
