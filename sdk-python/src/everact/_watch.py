"""Names the handler that holds up the event loop, with its stack, while it still does.

The core's own notice of a slow turn waits for the loop as everything else does, and says no line. So a thread looks
now and then which handler the loop's thread is in. Where it is in one, it asks the loop for a sign of life; if none
comes for as long as the setting `slow_turn_ms`, the handler is logged, once.
"""

from __future__ import annotations

import logging
import sys
import threading
import time
import traceback
import weakref
from types import FrameType
from typing import TYPE_CHECKING, Final

from everact._text import STACK_CHARACTERS_MAX, STACK_STEPS_MAX

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
        self._thread = threading.get_ident()
        self._slow_s = slow_ms / 1000
        self._ended = threading.Event()
        self._asked_at: float | None = None
        self._is_reported = False
        threading.Thread(target=self._run, name="everact-watch", daemon=True).start()

    def end(self) -> None:
        """Lets the thread end."""
        self._ended.set()

    def _run(self) -> None:
        pause = min(PAUSE_MAX_S, max(PAUSE_MIN_S, self._slow_s / LOOKS))
        while not self._ended.wait(pause):
            lane = self._lane()
            if lane is None or lane.loop.is_closed():
                return
            try:
                self._look(lane)
            except Exception:  # the program is ending, or a frame changed while it was looked at
                LOG.debug("the look at a handler failed", exc_info=True)
            del lane

    def _look(self, lane: Lane) -> None:
        now = time.monotonic()
        if self._asked_at is None:
            if _handler_of(lane, self._thread) is not None:
                self._asked_at, self._is_reported = now, False
                lane.loop.call_soon_threadsafe(self._alive)
        elif not self._is_reported and now - self._asked_at >= self._slow_s:
            found = _handler_of(lane, self._thread)
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


def _handler_of(lane: Lane, thread: int) -> tuple[str, str] | None:
    """The handler that a thread is in, as `kind/key handler`, and its stack from there on."""
    top = frame = sys._current_frames().get(thread)
    actors = {id(held.actor): held for held in list(lane.activations.values())} if frame is not None else {}
    names = {(table.name, one.attribute): one.name for table in lane.kinds for one in table.handlers} if actors else {}
    found: tuple[FrameType, str] | None = None
    while frame is not None:
        code = frame.f_code
        held = actors.get(id(frame.f_locals.get(code.co_varnames[0]))) if code.co_argcount else None
        if held is not None:
            kind = type(held.actor).__everact_options__.kind
            name = names.get((kind, code.co_name))
            if name is not None:
                found = frame, f"{kind}/{held.key} {name}"
        frame = frame.f_back
    if found is None or top is None:
        return None
    steps = traceback.extract_stack(top)
    depth = len(list(traceback.walk_stack(found[0]))) - 1
    lines = traceback.format_list(steps[depth:][-STACK_STEPS_MAX:])
    return found[1], "".join(lines)[-STACK_CHARACTERS_MAX:].rstrip()
