"""What lives in the driver's process outside all actors: gates that handlers wait at, and notes that count."""

from __future__ import annotations

import asyncio
from collections import Counter

from everact import Actor

NOTES: Counter[str] = Counter()
"""How often each text was noted."""


class Gate:
    """A place where handlers wait until somebody opens it."""

    def __init__(self) -> None:
        self._opened = asyncio.Event()
        self.inside = 0
        self.peak = 0

    @property
    def is_open(self) -> bool:
        """Whether nothing waits here: a gate as a switch."""
        return self._opened.is_set()

    async def passed(self) -> None:
        """Waits until the gate is open; a cancelled turn stops waiting."""
        self.inside += 1
        self.peak = max(self.peak, self.inside)
        try:
            await self._opened.wait()
        finally:
            self.inside -= 1

    def open(self) -> None:
        """Lets everybody through, now and from now on."""
        self._opened.set()

    def shut(self) -> None:
        """Holds who comes next, and forgets the peak."""
        self._opened.clear()
        self.peak = 0

    async def filled(self, count: int) -> None:
        """Waits until so many are inside."""
        while self.inside < count:  # noqa: ASYNC110 (a test's own wait)
            await asyncio.sleep(0.001)


_GATES: dict[str, Gate] = {}


def gate(name: str) -> Gate:
    """The gate of this name, shut at first mention."""
    return _GATES.setdefault(name, Gate())


class Exposed(Actor, exposed=True):
    """The base of all kinds here: the gateway serves them."""
