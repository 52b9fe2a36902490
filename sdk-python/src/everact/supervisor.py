"""Supervisors: which children there are, and what is done when one of them ends.

A supervisor is data. The core starts, restarts and ends its children as it says; no code of a program decides that.

    tree = Supervisor(
        strategy="rest_for_one",
        children=[Child(Connection), Child(Worker(size=4), restart="transient"), Supervisor(children=[Child(logger)])],
    )
    top = await engine.start_supervisor(tree)
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal, NoReturn

import msgspec

from everact import _core
from everact.errors import EveractError, InvalidArgument
from everact.exit_reason import ExitReason
from everact.process_reference import ProcessRef, turn_here
from everact.timer import milliseconds

if TYPE_CHECKING:
    from everact._home import Home
    from everact._kinds import KindTable
    from everact.event_manager import EventManager
    from everact.process import Process, ProcessFunction

START: Final = 1
RUN: Final = 2
COMMAND: Final = 3

NESTED_MAX: Final = 64
"""Supervisors within one another that are described at all; the core takes fewer and says so."""

Start = Callable[[Any, Any], "tuple[KindTable, bytes]"]
"""Finds the kind of what is to be spawned, and what it begins with."""


@dataclass(frozen=True)
class Backoff:
    """A pause before each restart, which grows while restarts go on. In OTP there is none."""

    first: float
    """Seconds before the first restart; each pause is twice as long as the one before."""
    longest: float
    """Seconds that no pause is longer than."""
    steady: float
    """Seconds for which a child runs before the next pause is the first one again."""
    jitter: float = 0.0
    """The random part of each pause, 0 to 1."""

    def described(self) -> dict[str, Any]:
        """As the core reads it."""
        if not 0 <= self.jitter <= 1:
            raise InvalidArgument(f"jitter is a number from 0 to 1, not {self.jitter!r}")
        return {
            "first_ms": milliseconds("first", self.first),
            "wait_ms_max": milliseconds("longest", self.longest),
            "steady_ms": milliseconds("steady", self.steady),
            "jitter_percent": round(self.jitter * 100),
        }


class OutputLine(msgspec.Struct, frozen=True):
    """A line that a program has written."""

    process: str
    """The number of the program's process."""
    stream: Literal["stdout", "stderr"]
    line: str


@dataclass(frozen=True)
class Program:
    """A program of the operating system as a child: a process as far as its supervisor is concerned.

    Exit status 0 is a normal end, any other one a crash. A shutdown sends it its stop signal, a kill ends its group.
    """

    command: Sequence[str]
    """A file or a name to be looked up, and its arguments."""
    directory: str | os.PathLike[str] | None = None
    """Where it runs; the engine's own where None."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """Variables besides the engine's own."""
    stop: Literal["terminate", "interrupt", "hangup", "quit"] = "terminate"
    """The signal that asks it to end."""
    output: str | None = None
    """The name of a registered process that gets each line as an `OutputLine`; None writes them to the diagnostics."""
    handler: str = "output_line"
    """The handler that takes them; for a process function it is the type's name."""

    def described(self) -> dict[str, Any]:
        """As the core reads it."""
        given: dict[str, Any] = {
            "command": list(self.command),
            "environment": dict(self.environment),
            "stop": self.stop,
        }
        if self.directory is not None:
            given["directory"] = os.fspath(self.directory)
        if self.output is not None:
            given["output"] = {"name": self.output, "handler": self.handler}
        return given


@dataclass(frozen=True)
class Child:
    """What a supervisor starts, and when it starts it again."""

    what: type[Process] | Process | ProcessFunction[Any, Any] | EventManager | Supervisor | Program
    """A class of processes, an instance with its initial values, a process function, an event manager, a supervisor, or
    a program."""
    argument: Any = None
    """What a process function takes besides its context."""
    id: str | None = None
    """Its name among the children; the kind's unless it is given, a supervisor's own name, or "program"."""
    restart: Literal["permanent", "transient", "temporary"] = "permanent"
    """Whether it is started again: always, only after a crash, or never."""
    shutdown: float | Literal["brutal", "infinity"] | None = None
    """The seconds that it has to end in good order before it is killed (5; "infinity" for a supervisor)."""
    significant: bool = False
    """Its orderly end may end the supervisor, see `Supervisor.auto_shutdown`."""
    name: str | None = None
    """A name that each process of it is registered under from its beginning."""
    type: Literal["worker", "supervisor"] | None = None
    """What it counts as; a process function may be a supervisor of its own making."""

    def described(self, start_of: Start, level: int = 1) -> dict[str, Any]:
        """As the core reads it, of a child within so many supervisors."""
        start, own = self.start(start_of, level)
        given = {"id": self.id or own, "start": start, "restart": self.restart, "significant": self.significant}
        if self.shutdown is not None:
            given["shutdown"] = (
                self.shutdown if isinstance(self.shutdown, str) else milliseconds("shutdown", self.shutdown)
            )
        if self.type is not None:
            given["type"] = self.type
        return given

    def start(self, start_of: Start, level: int = 1) -> tuple[dict[str, Any], str]:
        """What is started, as the core reads it, and what it is called if nothing else is said."""
        start: dict[str, Any]
        if isinstance(self.what, (Supervisor, Program)):
            if self.argument is not None:
                raise InvalidArgument("a supervisor or a program takes no argument")
            if isinstance(self.what, Supervisor):
                start, own = {"supervisor": self.what.described(start_of, level + 1)}, self.what.name or "supervisor"
            else:
                start, own = {"program": self.what.described()}, "program"
        else:
            table, payload = start_of(self.what, self.argument)
            start, own = {"kind": table.name}, table.name
            if payload:
                start["argument"] = msgspec.Raw(payload)
        if self.name is not None:
            start["name"] = self.name
        return start, own


@dataclass(frozen=True)
class Supervisor:
    """Children, and what happens to the others when one of them ends. What is left out is as in OTP."""

    strategy: Literal["one_for_one", "one_for_all", "rest_for_one", "dynamic"] = "one_for_one"
    """Which children are started again: the one that ended, all of them, or it and those after it; "dynamic" has one
    child as its template, of which any number are started at run time."""
    intensity: int = 1
    """So many restarts within the period; one more, and the supervisor ends itself and leaves it to its own."""
    period: float = 5.0
    """Seconds."""
    auto_shutdown: Literal["never", "any_significant", "all_significant"] = "never"
    """Whether it ends in good order when one of the significant children has, or all of them."""
    backoff: Backoff | None = None
    """A pause before each restart; None restarts at once."""
    children: Sequence[Child | Supervisor] = ()
    """In the order in which they start; they end in the other order. A supervisor stands for its `Child`."""
    name: str | None = None
    """A name that it is registered under."""

    def described(self, start_of: Start, level: int = 1) -> dict[str, Any]:
        """As the core reads it, of one on a level of its tree; `InvalidArgument` where there are too many."""
        if level > NESTED_MAX:
            raise InvalidArgument(f"supervisors stand within one another in more than {NESTED_MAX} levels")
        children = [child if isinstance(child, Child) else Child(child) for child in self.children]
        return {
            "strategy": self.strategy,
            "intensity": self.intensity,
            "period_ms": milliseconds("period", self.period),
            "auto_shutdown": self.auto_shutdown,
            "backoff": None if self.backoff is None else self.backoff.described(),
            "name": self.name,
            "children": [child.described(start_of, level) for child in children],
        }


class SupervisorError(EveractError):
    """A supervisor does not do what it was asked, or a tree did not start."""

    name = "SupervisorError"
    family = "handler"
    next_step = "Look at why."

    def __init__(self, told: dict[str, Any]) -> None:
        """Made from the supervisor's answer."""
        super().__init__(told["text"])
        self.why: Literal[
            "not_found",
            "running",
            "restarting",
            "already_started",
            "already_present",
            "dynamic",
            "not_dynamic",
            "not_started",
        ] = told["is"]
        """Which of its answers this is: there is no such child; it runs, or will be started again; one of its name is
        there, and runs or does not; children of a dynamic supervisor have no names, those of others need all that a
        `Child` says; a child did not start, for `reason`."""
        self.path: list[str] = told.get("path", [])
        """The child that did not start, by the names from the outermost supervisor that was to start down to it."""
        self.reason: ExitReason | None = msgspec.convert(told["reason"], ExitReason) if "reason" in told else None
        """Why it did not."""


def checked(answer: Any) -> Any:
    """What a supervisor answers, unless it refuses."""
    if isinstance(answer, dict) and "error" in answer:
        raise SupervisorError(answer["error"])
    return answer


class Counts(msgspec.Struct, frozen=True):
    """How many children a supervisor has."""

    specs: int
    """Children that it was given, or 1 for a dynamic one."""
    active: int
    """Those that run."""
    supervisors: int
    """Supervisors among them, running or not."""
    workers: int
    """The others, running or not."""


@dataclass(frozen=True)
class Running:
    """A child as it is now."""

    id: str | None
    """Its name among the children; None under a dynamic supervisor."""
    status: Literal["running", "restarting", "absent"]
    """Whether it runs, is about to be started again, or does not run."""
    process: ProcessRef[Any] | None
    """The process while it runs."""
    type: Literal["worker", "supervisor"]


class SupervisorRef(ProcessRef[NoReturn]):
    """A supervisor that runs: what it supervises, and changes at run time.

    Every one of these raises `NoProcess` if it has ended, `SupervisorError` for what it refuses, `InvalidArgument` for
    what cannot be.
    """

    __slots__ = ()

    def __init__(self, home: Home, number: int) -> None:
        """Made by `start_supervisor` and `run`."""
        super().__init__(home, "supervisor", number)

    @property
    def kind(self) -> str:
        """The word "supervisor"."""
        return "supervisor"

    async def count(self) -> Counts:
        """How many children there are."""
        return msgspec.convert(await self._command({"do": "count"}), Counts)

    async def children(self) -> list[Running]:
        """The children, the last started first."""
        found = await self._command({"do": "children"})
        return [
            Running(one["id"], one["status"], self._child(one["process"], one["kind"], one["type"]), one["type"])
            for one in found
        ]

    async def spec(self, child: str | ProcessRef[Any]) -> dict[str, Any]:
        """What is known of a child, as it was given; times are milliseconds."""
        found: dict[str, Any] = await self._command({"do": "spec", **_target(child)})
        return found

    async def start_child(self, child: Child | Supervisor) -> ProcessRef[Any] | None:
        """Starts another child. Under a dynamic supervisor only what it is and its argument count.

        Raises `SupervisorError` with `why` "not_started" if it does not start.
        """
        given = child if isinstance(child, Child) else Child(child)
        lane = self._home.open_lane()
        described = given.described(lane.start_of)
        found = await self._command({"do": "start_child", "child": described})
        return self._child(found["process"], described["start"].get("kind") or found["kind"])  # it may have ended

    async def start(self, what: Any, argument: Any = None) -> ProcessRef[Any] | None:
        """Starts another child of a dynamic supervisor, of the kind of its template.

        Raises `SupervisorError` with `why` "not_started" if it does not start.
        """
        start, _ = Child(what, argument).start(self._home.open_lane().start_of)
        found = await self._command({"do": "start_child", "start": start})
        return self._child(found["process"], start.get("kind") or found["kind"])

    async def terminate_child(self, child: str | ProcessRef[Any]) -> None:
        """Ends a child, in the way and time that it was given; it may be restarted by `restart_child`."""
        await self._command({"do": "terminate_child", **_target(child)})

    async def restart_child(self, child: str) -> ProcessRef[Any] | None:
        """Starts a child that does not run."""
        found = await self._command({"do": "restart_child", "id": child})
        return self._child(found["process"], found["kind"])

    async def delete_child(self, child: str) -> None:
        """Forgets a child that does not run."""
        await self._command({"do": "delete_child", "id": child})

    def _child(self, number: str | None, kind: str | None, of: str = "worker") -> ProcessRef[Any] | None:
        if number is None:
            return None
        if of == "supervisor" and kind is None:
            return SupervisorRef(self._home, int(number))
        return self._home.process(int(number), kind)

    async def _command(self, command: dict[str, Any]) -> Any:
        lane = self._home.open_lane()
        given = msgspec.json.encode(command)
        caused = _core.supervise(lane.core, COMMAND, given, turn_here(lane), self.number)
        return checked(await lane.settle(*caused, msgspec.json.decode))


def _target(child: str | ProcessRef[Any]) -> dict[str, str]:
    return {"process": str(child.number)} if isinstance(child, ProcessRef) else {"id": child}
