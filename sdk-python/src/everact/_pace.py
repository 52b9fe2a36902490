"""How long tasks may ask in a row, where nothing has to wait, before the loop's other work gets its chance.

An ask whose turn its caller runs never waits, so a task that asks again and again would keep the loop. It pauses after
a row of asks. Where few tasks ask, a row is as long as a round of the loop may take. Where many do, going to another
task after each ask or two would cost more than the asks, so rows stay long enough to be worth it, and only so many
tasks ask in one round; the others wait, in order.
"""

from __future__ import annotations

import asyncio
import time
import types
from collections import deque
from collections.abc import Generator
from typing import Any, Final

ROUND_S: Final = 0.004
"""How long asks that do not wait may keep a loop in one of its rounds."""
ROW_WORTH: Final = 16
"""Asks in a row that cost much more than going to the next task does."""
WIDTH_MAX: Final = 65_536


class Pace:
    """The rows of asks of one lane."""

    loop: asyncio.AbstractEventLoop

    def __init__(self, row_max: int) -> None:
        """At most `row_max` asks in a row keep the loop to themselves."""
        self.runs = 0
        """Asks since the last pause."""
        self.runs_max = self._row = self._row_max = max(1, row_max)
        self._row_worth = min(ROW_WORTH, self._row_max)
        self._width = WIDTH_MAX
        """Of the tasks that wait for their turn, so many go on in a round."""
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._rested_at, self._rested_cpu = time.monotonic(), time.thread_time()
        self._is_tired = False

    @types.coroutine
    def pause(self) -> Generator[Any, None, None]:
        """Lets the loop go on, after a row of asks that have not waited.

        After and not before one, so that asks are submitted in the order in which their tasks were made.
        """
        self.runs = 0
        if not self._is_tired:
            self._is_tired = True
            self.loop.call_soon(self._rest)
        elif self._waiting or (self.runs_max > 1 and self._is_long_round()):
            if self._waiting or self._row <= self._row_worth:
                waiter = self.loop.create_future()
                self._waiting.append(waiter)
                yield from waiter
                return
            self.runs_max = 1
        yield

    def _is_long_round(self) -> bool:
        """Whether this round of the loop has taken its time; time that other processes took counts only in excess."""
        taken = time.monotonic() - self._rested_at
        return taken > ROUND_S and (taken > 8 * ROUND_S or time.thread_time() - self._rested_cpu > ROUND_S)

    def _rest(self) -> None:
        """Begins a round: rows, or those who go on in it, are halved after a long one, else doubled."""
        if not self._is_long_round():
            if self._row < self._row_worth or not self._waiting:
                self._row = min(self._row * 2, self._row_max)
            else:
                self._width = min(self._width * 2, WIDTH_MAX)
        elif self._waiting and self._width > 1:
            self._width //= 2
        else:
            self._row = max(1, self._row // 2)
        self.runs_max = self._row
        self._is_tired = bool(self._waiting)
        if self._is_tired:
            self._width = min(self._width, len(self._waiting))
            for _ in range(self._width):
                waiter = self._waiting.popleft()
                if not waiter.done():
                    waiter.set_result(None)
            self.loop.call_soon(self._rest)
        self._rested_at, self._rested_cpu = time.monotonic(), time.thread_time()
