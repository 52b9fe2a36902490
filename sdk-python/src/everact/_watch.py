"""A thread that sees what the loop's own cannot say while a handler holds it up: which handler that is, and where.

The core's own notice of a slow turn waits for the loop as everything else does, and says no line. So the thread looks
now and then which handler the loop's thread is in. Where it is in one, it asks the loop for a sign of life; if none
comes for as long as the setting `slow_turn_ms`, the handler is logged, once. Between two looks it waits for the core,
which wants a handler's stack when somebody inspects an actor whose turn is open.
"""

from __future__ import annotations

import atexit
import contextlib
import logging
import threading
import time
import weakref
from typing import TYPE_CHECKING, Final

from everact import _stacks
from everact.errors import EveractError

if TYPE_CHECKING:
    from everact._lane import Lane

LOG: Final = logging.getLogger("everact")

LOOKS: Final = 4
"""Looks within the time that makes a turn slow."""
PAUSE_MIN_S: Final = 0.01
PAUSE_MAX_S: Final = 0.25


class Watch:
    """The thread of one lane."""

    def __init__(self, lane: Lane, slow_ms: int) -> None:
        """Begins at once; to be made on the loop's own thread."""
        self._lane = weakref.ref(lane)
        self._core = lane.core
        self._thread = threading.get_ident()
        self._slow_s = slow_ms / 1000
        self._ended = False
        self._asked_at: float | None = None
        self._is_reported = False
        self.thread = threading.Thread(target=self._run, name="everact-watch", daemon=True)
        self.thread.start()
        _WATCHES.add(self)

    def end(self) -> None:
        """Lets the thread end."""
        self._ended = True
        with contextlib.suppress(EveractError):  # the engine has ended
            self._core.stack_end()

    def _run(self) -> None:
        pause = min(PAUSE_MAX_S, max(PAUSE_MIN_S, self._slow_s / LOOKS))
        while not self._ended:
            try:
                wanted = self._core.stack_next(int(pause * 1000))
            except EveractError:  # the engine has ended
                return
            lane = self._lane()
            if lane is None or lane.loop.is_closed():
                return
            try:
                if wanted is not None:
                    self._tell(lane, *wanted)
                self._look(lane)
            except Exception:  # the program is ending, or a frame changed while it was looked at
                LOG.debug("the look at a handler failed", exc_info=True)
            del lane

    def _tell(self, lane: Lane, question: int, activation: int, turn: int) -> None:
        text = ""
        try:
            text = _stacks.of_turn(lane, self._thread, activation, turn)
        finally:
            lane.core.stack_tell(question, text)

    def _look(self, lane: Lane) -> None:
        now = time.monotonic()
        if self._asked_at is None:
            if _stacks.is_in_handler(lane, self._thread):
                self._asked_at, self._is_reported = now, False
                lane.loop.call_soon_threadsafe(self._alive)
        elif not self._is_reported and now - self._asked_at >= self._slow_s:
            found = _stacks.of_loop(lane, self._thread)
            if found is not None:
                self._is_reported = True
                lane.slow = found[0]
                LOG.warning(
                    "SlowTurn: %s has held up the event loop for %.1f s, at\n%s",
                    found[0],
                    now - self._asked_at,
                    found[1],
                )

    def _alive(self) -> None:
        self._asked_at = None


_WATCHES: Final[weakref.WeakSet[Watch]] = weakref.WeakSet()


def _let_go() -> None:
    """Ends all threads before the interpreter does: it would end one that waits in the core in the middle of Rust."""
    for watch in list(_WATCHES):
        watch.end()
        watch.thread.join(PAUSE_MAX_S)


atexit.register(_let_go)
