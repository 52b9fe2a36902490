"""What can be done about processes from outside and from within: spawn, name, group. `Engine` and contexts share it."""

from __future__ import annotations

import struct
from abc import ABC, abstractmethod
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, Final, ParamSpec, TypeVar, overload

from everact import _core
from everact.timer import Timer, milliseconds

if TYPE_CHECKING:
    from everact._lane import Lane
    from everact.event_manager import EventManager
    from everact.event_manager_reference import EventManagerRef
    from everact.handler import Handler
    from everact.process import Process, ProcessFunction
    from everact.process_reference import ProcessRef
    from everact.supervisor import Supervisor, SupervisorRef

A = TypeVar("A")
M = TypeVar("M")
P = TypeVar("P", bound="Process")
Q = ParamSpec("Q")

REGISTER: Final = 1
UNREGISTER: Final = 2
WHEREIS: Final = 3
JOIN: Final = 5
LEAVE: Final = 6
MEMBERS: Final = 7
MONITOR_GROUP: Final = 8
DEMONITOR_GROUP: Final = 9


class Processes(ABC):
    """Spawns processes and finds them by their names and groups."""

    __slots__ = ()

    @abstractmethod
    def _place(self) -> tuple[Lane, int]:
        """The lane, and the turn in whose name something is done, or 0."""

    @overload
    def spawn(self, what: type[P] | P, /, *, name: str | None = None) -> ProcessRef[P]: ...
    @overload
    def spawn(self, what: EventManager, /, *, name: str | None = None) -> EventManagerRef: ...
    @overload
    def spawn(self, what: ProcessFunction[M, None], /, *, name: str | None = None) -> ProcessRef[M]: ...
    @overload
    def spawn(self, what: ProcessFunction[M, A], argument: A, /, *, name: str | None = None) -> ProcessRef[M]: ...
    def spawn(self, what: Any, argument: Any = None, /, *, name: str | None = None) -> ProcessRef[Any]:
        """Spawns a process: it is alive when this returns.

            counter = engine.spawn(Counter(count=5))
            pong = engine.spawn(pong_function, name="pong")

        Parameters:
            what: a class of processes, an instance that has the initial values of its fields, a process function, or an
                event manager.
            argument: what the function takes besides its context.
            name: a name that it is registered under from its beginning.

        Raises `UnknownKind` for what this engine was not opened with, `Overloaded` beyond the bound on processes,
        `NameTaken` if the name is taken; then nothing is spawned.
        """
        lane, turn = self._place()
        return lane.spawn(what, argument, turn, name=name)

    async def start_supervisor(self, tree: Supervisor) -> SupervisorRef:
        """Starts a supervisor and its children, one after the other; returns when all have started.

        One that is started within a process is linked to it and ends with it. Raises `SupervisorError` if a child
        does not start; those that had started have ended by then.
        """
        lane, turn = self._place()
        return await lane.start_supervisor(tree, turn)

    @overload
    def send_after(
        self, delay: float, to: ProcessRef[Any], handler: Handler[Q, Any], /, *args: Q.args, **kwargs: Q.kwargs
    ) -> Timer: ...
    @overload
    def send_after(self, delay: float, to: ProcessRef[M], message: M, /) -> Timer: ...
    @overload
    def send_after(
        self, delay: float, to: Callable[Q, Coroutine[Any, Any, Any]], /, *args: Q.args, **kwargs: Q.kwargs
    ) -> Timer: ...
    def send_after(self, delay: float, to: Any, /, *args: Any, **kwargs: Any) -> Timer:
        """Has a message sent after a while, as `tell` sends it.

            ctx.send_after(1.5, ctx.self, Tick())
            ctx.send_after(1.5, counter, Counter.add, 1)
            ctx.send_after(1.5, ctx.actor(Airport, "SFO").landed, 12)

        Parameters:
            delay: seconds.
            to: a process, or a handler of an actor's reference.
            args, kwargs: the message, behind a handler where the process has such.
        """
        lane, turn = self._place()
        return lane.send_after(milliseconds("delay", delay), False, to, args, kwargs, turn)

    @overload
    def send_every(
        self, period: float, to: ProcessRef[Any], handler: Handler[Q, Any], /, *args: Q.args, **kwargs: Q.kwargs
    ) -> Timer: ...
    @overload
    def send_every(self, period: float, to: ProcessRef[M], message: M, /) -> Timer: ...
    @overload
    def send_every(
        self, period: float, to: Callable[Q, Coroutine[Any, Any, Any]], /, *args: Q.args, **kwargs: Q.kwargs
    ) -> Timer: ...
    def send_every(self, period: float, to: Any, /, *args: Any, **kwargs: Any) -> Timer:
        """Has a message sent again and again, without drift, until it is cancelled or the process that set it ends."""
        lane, turn = self._place()
        return lane.send_after(milliseconds("period", period), True, to, args, kwargs, turn)

    @overload
    def publish(self, group: str, handler: Handler[Q, Any], /, *args: Q.args, **kwargs: Q.kwargs) -> int: ...
    @overload
    def publish(self, group: str, message: object, /) -> int: ...
    @overload
    def publish(self, group: str, handler: str, message: Any = ..., /) -> int: ...
    def publish(self, group: str, what: Any, /, *args: Any, **kwargs: Any) -> int:
        """Sends a message to all members of a group, as `tell` sends it; to how many.

        Members whose kind has no such handler, or takes no messages of that type, are passed over.
        """
        lane, turn = self._place()
        _, table, payload = lane.messages.of(None, what, args, kwargs)
        reply = lane.command(turn, *_core.publish(lane.core, turn, group, table.name, payload))
        return int.from_bytes(reply, "little")

    def register(self, name: str, process: ProcessRef[Any], /) -> None:
        """Gives a process a name that no other one has; it vanishes with the process.

        Raises `NameTaken` or `NoProcess`.
        """
        lane, turn = self._place()
        lane.command(turn, *_core.name(lane.core, REGISTER, name, process.number))

    def unregister(self, name: str) -> bool:
        """Takes a name away; whether it was taken."""
        lane, turn = self._place()
        return bool(lane.command(turn, *_core.name(lane.core, UNREGISTER, name, 0)))

    def whereis(self, name: str) -> ProcessRef[Any] | None:
        """The process of a name; None where there is none."""
        lane, turn = self._place()
        found = pairs(lane, lane.command(turn, *_core.name(lane.core, WHEREIS, name, 0)))
        return found[0] if found else None

    def members(self, group: str) -> list[ProcessRef[Any]]:
        """The members of a group in the order in which they joined; one that joined twice is there twice."""
        lane, turn = self._place()
        return pairs(lane, lane.command(turn, *_core.name(lane.core, MEMBERS, group, 0)))

    def groups(self) -> list[str]:
        """The names of the groups that have members, in no order."""
        return self._place()[0].groups()


def pairs(lane: Lane, reply: bytes) -> list[ProcessRef[Any]]:
    """The processes in a reply of numbers and kinds."""
    return [lane.home.process(number, kind) for number, kind in struct.iter_unpack("<QQ", reply)]
