"""Where a handler is that runs: its thread's stack while it computes, the chain of what it waits for while it waits.

Another thread looks, because the loop's own may be held up by exactly that handler. A stack has places and no values,
the most recent call last, as tracebacks have.
"""

from __future__ import annotations

import sys
import traceback
from collections.abc import Iterable, Iterator
from types import FrameType
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from everact._text import STACK_CHARACTERS_MAX, STACK_STEPS_MAX
from everact.actor import ActorMeta

if TYPE_CHECKING:
    from everact._lane import Lane

AWAITS_MAX: Final = 1_000
"""Coroutines that wait for one another, of one handler, at most."""

_INSIDE: Final = (("cr_frame", "cr_await"), ("gi_frame", "gi_yieldfrom"), ("ag_frame", "ag_await"))
"""What coroutines and generators call their frame, and what they wait for."""


class Handler(NamedTuple):
    """A handler on a stack."""

    name: str
    actor: object
    frame: FrameType


def is_in_handler(lane: Lane, thread: int) -> bool:
    """Whether the loop's thread is in a handler."""
    return _outermost(sys._current_frames().get(thread), lane) is not None


def of_loop(lane: Lane, thread: int) -> tuple[str, str] | None:
    """The handler that the loop's thread is in, as `kind/key handler`, and its stack from there on."""
    top = sys._current_frames().get(thread)
    found = _outermost(top, lane)
    if found is None:
        return None
    key = next((held.key for held in list(lane.activations.values()) if held.actor is found.actor), "")
    kind = type(found.actor).__everact_options__.kind  # type: ignore[attr-defined]
    return f"{kind}/{key} {found.name}", _text(_until(top, found.frame))


def of_turn(lane: Lane, thread: int, activation: int, turn: int) -> str:
    """The stack of an open turn's handler; empty where it has not begun or has ended meanwhile."""
    running = lane.tasks.get(turn)
    conducting: Any = None if running is None else running[0].get_coro()
    if conducting is not None and not conducting.cr_running:
        return _text(_awaited(conducting.cr_await))
    top = sys._current_frames().get(thread)
    if conducting is not None:
        return _text(_within(top, conducting.cr_frame))
    held = lane.activations.get(activation)
    found = None if held is None else _outermost(top, lane, held.actor)
    return "" if found is None else _text(_until(top, found.frame))


def _outermost(top: FrameType | None, lane: Lane, of: object = None) -> Handler | None:
    """The outermost handler on a stack, of any actor or of one."""
    names = {(table.name, one.attribute): one.name for table in lane.kinds for one in table.handlers}
    found, frame = None, top
    while frame is not None:
        code = frame.f_code
        actor = frame.f_locals.get(code.co_varnames[0]) if code.co_argcount else None
        if isinstance(type(actor), ActorMeta) and (of is None or of is actor):
            name = names.get((type(actor).__everact_options__.kind, code.co_name))  # type: ignore[union-attr]
            if name is not None:
                found = Handler(name, actor, frame)
        frame = frame.f_back
    return found


def _until(top: FrameType | None, last: FrameType) -> list[tuple[FrameType, int]]:
    """A stack from its innermost frame to one of its frames."""
    steps = []
    for frame, line in traceback.walk_stack(top):
        steps.append((frame, line))
        if frame is last:
            break
    steps.reverse()
    return steps


def _within(top: FrameType | None, outer: FrameType) -> list[tuple[FrameType, int]]:
    """What a frame has called, on a stack; nothing if the frame is not there any more."""
    steps = _until(top, outer)
    return steps[1:] if steps and steps[0][0] is outer else []


def _awaited(waiting: Any) -> Iterator[tuple[FrameType, int]]:
    """The places where coroutines and generators wait for one another."""
    for _ in range(AWAITS_MAX):
        for frame_of, next_of in _INSIDE:
            frame = getattr(waiting, frame_of, None)
            if frame is not None:
                yield frame, frame.f_lineno
                waiting = getattr(waiting, next_of)
                break
        else:
            return


def _text(steps: Iterable[tuple[FrameType, int]]) -> str:
    kept = list(steps)[-STACK_STEPS_MAX:]
    lines = traceback.StackSummary.extract(iter(kept)).format()
    return "".join(lines)[-STACK_CHARACTERS_MAX:].rstrip()
