"""Sends every record to its origin's actor, once: many in flight, each airport's in the order of the file."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

from airport import Airport, Departure
from records import Flight, flights_of

from everact import AlreadyApplied, Engine, EveractError

IN_FLIGHT_MAX = 1000
RETRY_PAUSE_S = 0.05


class Sender:
    """Counts what was sent and what the actors knew already."""

    def __init__(self, engine: Engine, advance: Callable[[], None]) -> None:
        """Sends to an engine's actors; calls `advance` after each record."""
        self.sent = 0
        self.known = 0
        self._advance = advance
        self._engine = engine
        self._references: dict[str, Airport] = {}
        self._room = asyncio.Semaphore(IN_FLIGHT_MAX)
        self._failed: BaseException | None = None
        self._held: dict[str, asyncio.Event] = {}

    async def send(self, path: Path) -> None:
        """Sends all records of a file; (file name, row number) is each one's mark."""
        tasks: set[asyncio.Task[None]] = set()
        for row, flight in enumerate(flights_of(path), 1):
            await self._room.acquire()
            while flight.origin in self._held:
                await self._held[flight.origin].wait()
            if self._failed is not None:
                break
            # Tasks start in the order in which they are made, and a task's first step submits its message.
            task = asyncio.create_task(self._one(path.name, row, flight))
            tasks.add(task)
            task.add_done_callback(tasks.discard)
        await asyncio.gather(*tasks)
        if self._failed is not None:
            raise self._failed

    async def _one(self, producer: str, row: int, flight: Flight) -> None:
        reference = self._references.get(flight.origin)
        if reference is None:
            reference = self._references[flight.origin] = self._engine.actor(Airport, flight.origin)
        marked = reference.with_options(producer=producer, sequence=row)
        message = Departure(flight.destination, flight.delay, flight.distance, flight.date)
        try:
            while True:
                try:
                    await marked.departed(message)
                    self.sent += 1
                except AlreadyApplied:
                    self.known += 1
                except EveractError as error:
                    if not error.retryable:
                        raise
                    self._held.setdefault(flight.origin, asyncio.Event())
                    await asyncio.sleep(RETRY_PAUSE_S)
                    continue
                break
        except Exception as error:
            self._failed = self._failed or error
        finally:
            if (held := self._held.pop(flight.origin, None)) is not None:
                held.set()
            self._room.release()
            self._advance()
