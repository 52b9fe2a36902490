"""What a scenario knows of its processes: which name is which process, how each ended, and what each has written.

Every process enters before it does anything else. All of them run on one event loop, so a table needs no lock.
"""

from __future__ import annotations

import asyncio
import os
from collections import defaultdict
from collections.abc import Callable
from typing import Any

from terms import text_of

from everact import Engine, ExitReason, ProcessRef

WAIT_S = int(os.environ.get("ORACLE_WAIT_MS", "3000")) / 1000


class World:
    """One scenario's tables."""

    def __init__(self, engine: Engine, dead: ProcessRef[Any]) -> None:
        """`dead` stands for names that no process has had."""
        self.engine = engine
        self.dead = dead
        self.actors: set[str] = set()
        self.logs: dict[str, list[str]] = defaultdict(list)
        self.trees: dict[str, Any] = {}
        self.roots: list[str] = []
        self._newest: dict[str, ProcessRef[Any]] = {}
        self._names: dict[ProcessRef[Any], str] = {}
        self._ends: dict[str, list[str | None]] = defaultdict(list)
        self._reasons: dict[ProcessRef[Any], asyncio.Future[ExitReason]] = {}
        self._attempts: dict[str, int] = defaultdict(int)
        self._started: dict[str, Any] = {}
        self._changed = asyncio.Event()

    def enter(self, name: str, process: ProcessRef[Any]) -> None:
        """A process has a name; a later one of the same name is its next instance."""
        at = len(self._ends[name])
        self._ends[name].append(None)
        self._newest[name] = process
        self._names[process] = name
        self._reasons[process] = end = process.ended()

        def ended(came: asyncio.Future[ExitReason]) -> None:
            if not came.cancelled() and came.exception() is None:
                self._ends[name][at] = text_of(came.result())
                self._changed.set()

        end.add_done_callback(ended)

    def is_new(self, process: ProcessRef[Any]) -> bool:
        """Whether a process has not entered."""
        return process not in self._names

    def write(self, log: str, line: str) -> None:
        """Appends a line to a log."""
        self.logs[log].append(line)
        self._changed.set()

    def attempt(self, name: str) -> int:
        """How often a child's start was tried before."""
        self._attempts[name] += 1
        return self._attempts[name] - 1

    def started(self, name: str, how: Any) -> None:
        """How a behaviour's start has come out."""
        self._started[name] = how
        self._changed.set()

    async def start_of(self, name: str) -> Any:
        """Waits for how a behaviour's start comes out."""
        await self._until(lambda: self._started.get(name))
        return self._started.pop(name, "no answer")

    def process(self, name: str) -> ProcessRef[Any]:
        """The newest process of a name, alive or dead."""
        return self._newest.get(name, self.dead)

    def tied(self, name: str) -> Any:
        """What a tie leads to: an actor, or the newest process of a name."""
        return self.engine.actor("resident", name) if name in self.actors else self.process(name)

    def name(self, who: ProcessRef[Any] | str) -> str:
        """The name of a process or, by its address, of an actor."""
        return self._names.get(who, "?") if isinstance(who, ProcessRef) else who.rpartition("/")[2]

    def known(self) -> list[str]:
        """All names."""
        return list(self._newest)

    def names(self, processes: list[ProcessRef[Any]]) -> list[str]:
        """Their names, sorted."""
        return sorted(self.name(process) for process in processes)

    async def reason(self, process: ProcessRef[Any]) -> str:
        """Why a process ended that is known to have."""
        return text_of(await self._reasons[process]) if process in self._reasons else "noproc"

    async def ended(self, name: str, count: int) -> str | None:
        """Waits for the end of the process of a name with this number."""

        def reason() -> str | None:
            ends = self._ends[name]
            return ends[count - 1] if len(ends) >= count else None

        found: str | None = await self._until(reason)
        return found

    async def log(self, log: str, count: int) -> list[Any]:
        """Waits until a log has so many lines."""
        found = await self._until(lambda: self.logs[log] if len(self.logs[log]) >= count else None)
        return list(found) if found is not None else [["no more lines after", count], *self.logs[log]]

    def history(self) -> dict[str, Any]:
        """The log of the tree, and how those of each name have ended."""
        ended = {name: [end for end in ends if end is not None] for name, ends in self._ends.items()}
        return {"tree": list(self.logs["tree"]), "ended": {name: ends for name, ends in ended.items() if ends}}

    async def _until(self, known: Callable[[], Any]) -> Any:
        """What is known, as soon as it is; None if it takes too long."""
        limit = asyncio.get_running_loop().time() + WAIT_S
        while (found := known()) is None:
            left = limit - asyncio.get_running_loop().time()
            if left <= 0:
                return None
            self._changed.clear()
            try:
                await asyncio.wait_for(self._changed.wait(), left)
            except asyncio.TimeoutError:
                return None
        return found


WORLD: list[World] = []
"""The tables of the scenario that is played."""
