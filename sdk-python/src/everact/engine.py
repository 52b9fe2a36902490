"""Open, use and close an engine: the core in this process, its data folder, and the kinds it knows.

An engine belongs to the event loop that opened it. It works on any loop that can watch a file descriptor, asyncio's own
and uvloop among them. What it shares with a connection is in `_host.py`.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import msgspec

from everact import _core
from everact._core import Core
from everact._home import Home
from everact._host import Host
from everact._kinds import Declared, kind_tables
from everact._processes import Processes
from everact._watch import Watch
from everact.actor import Actor
from everact.event_manager import EventManager
from everact.options import Options
from everact.pool import pools_of, refuse_in_import
from everact.process import Process, ProcessFunction
from everact.supervisor import Supervisor, SupervisorRef

if TYPE_CHECKING:
    from typing_extensions import Self

    from everact._lane import Lane
    from everact.process_reference import ProcessRef

_RUNS_MAX = 256
_SLOW_TURN_MS = 1_000
_CORE_RUNS_MAX = 0xFFFF_FFFF

os.register_at_fork(after_in_child=_core.forked)


class Engine(Host, Processes):
    """Durable actors in this process, and processes beside them.

    async with Engine("flights-data", actors=[Airport]) as engine:
        print(await engine.actor(Airport, "SFO").landed(12))
    """

    def __init__(
        self,
        data: str | os.PathLike[str] | None = None,
        *,
        actors: Iterable[type[Actor] | Declared] = (),
        processes: Iterable[type[Process] | ProcessFunction[Any, Any] | EventManager] = (),
        listen: str | None = None,
        options: Options | None = None,
    ) -> None:
        """Reads the declarations; nothing is opened yet.

        Parameters:
            data: the data folder, made where it is missing; None takes `EVERACT_DATA`, or else memory.
            actors: the kinds of this engine: subclasses of `Actor` and of generated actors.
            processes: the kinds of processes: subclasses of `Process`, functions with `@process`, and event managers.
            listen: address and port of the gateway, as in the options.
            options: settings; the environment and the defaults fill what is left open.

        Raises `InvalidDeclaration` or `DuplicateKind` where a class cannot be used.
        """
        home = Home()
        super().__init__(kind_tables(actors, processes=processes, home=home), (options or Options()).given(), home)
        self._watch: Watch | None = None
        self._pools = pools_of(self._kinds, (options and options.pools) or {})
        if data is not None:
            self._settings["data"] = os.fspath(data)
        if listen is not None:
            self._settings["listen"] = listen

    @classmethod
    def in_memory(
        cls,
        *,
        actors: Iterable[type[Actor] | Declared] = (),
        processes: Iterable[type[Process] | ProcessFunction[Any, Any] | EventManager] = (),
        listen: str | None = None,
        options: Options | None = None,
    ) -> Self:
        """An engine without a data folder: nothing outlives it, whatever the environment says."""
        made = cls(actors=actors, processes=processes, listen=listen, options=options)
        made._settings["data"] = None
        return made

    async def open(self) -> Self:
        """Opens the data folder and takes its lock, and listens where the options say so.

        Raises `DataLocked` where another engine holds the folder, `InvalidConfiguration`, `UnsupportedFormat` or
        `Corrupted`; `InvalidState` where a process of a pool imports a program that has no guard.
        """
        refuse_in_import()
        return await super().open()

    async def close(self, deadline_ms: int = 10_000) -> None:
        """Refuses new asks, lets what is under way finish, and lets go of the folder.

        After the deadline what is left is abandoned and its callers get `Closed`. A second call waits for the first.
        """
        await super().close(deadline_ms)
        for pool in self._pools:
            pool.close()
        if self._watch is not None:
            self._watch.end()

    async def run(self, root: Supervisor) -> SupervisorRef:
        """Starts the root, the supervision tree that is the whole program; `close` ends it, its last children first.

        Raises `HandlerFailed` if a child does not start, and `InvalidArgument` if there is a root.
        """
        return await self._open_lane().start_supervisor(root, 0, is_root=True)

    def inspect(self, process: ProcessRef[Any]) -> dict[str, Any] | None:
        """What is known of a process at the moment: mailbox, links, monitors, open turns; None if it has ended.

        The names are those of the topic `inspect` (docs/reference/boundary.md).
        """
        return self._open_lane().inspect(process.number)

    @property
    def address(self) -> str | None:
        """Where the gateway listens, `127.0.0.1:8080` for example; None where it does not."""
        found: dict[str, str | None] = msgspec.json.decode(self._open_lane().core.describe("gateway"))
        return found.get("address")

    def stats(self) -> dict[str, Any]:
        """Figures about the engine, by name: activations, open asks and turns, turns that ran and failed, and more."""
        found: dict[str, Any] = msgspec.json.decode(self._open_lane().core.describe("stats"))
        return found

    async def backup(self, folder: str | os.PathLike[str]) -> None:
        """Copies the data into a folder while work goes on."""
        lane = self._open_lane()
        await lane.loop.run_in_executor(None, lane.core.backup, os.fspath(folder))

    def _place(self) -> tuple[Lane, int]:
        return self._open_lane(), 0

    def _opened(self, lane: Lane) -> None:
        given = self._settings.get("slow_turn_ms") or os.environ.get("EVERACT_SLOW_TURN_MS") or _SLOW_TURN_MS
        self._watch = Watch(lane, int(given))

    async def _start(self, configuration: bytes, bell: int) -> Core:
        return Core.open(configuration, bell, asyncio.get_running_loop())

    def _take_runs_max(self, settings: dict[str, Any]) -> int:
        """How many asks in a row may keep the loop. The lane sees to it; the core need not send turns by the bell."""
        given = settings.get("caller_runs_max", os.environ.get("EVERACT_CALLER_RUNS_MAX", _RUNS_MAX))
        try:
            runs_max = int(given)
        except ValueError:
            return _RUNS_MAX  # the core names the variable in its error
        settings["caller_runs_max"] = _CORE_RUNS_MAX
        return runs_max


async def restore(source: str | os.PathLike[str], folder: str | os.PathLike[str]) -> None:
    """Makes a data folder from a backup. The folder must not exist or be empty."""
    loop = asyncio.get_running_loop()
    await loop.run_in_executor(None, _core.restore, os.fspath(source), os.fspath(folder))
