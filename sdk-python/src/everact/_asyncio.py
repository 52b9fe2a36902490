"""What asyncio does for one task at a time, done cheaper: first steps at once, and many wake-ups in one.

`eager_task` makes tasks that take their first step at once, on the stack of whoever starts them. Python 3.12 has such
tasks. Before, the first step of a task is caught where it is handed to the loop and taken at once; the hooks that
asyncio keeps for makers of tasks (`_leave_task`, `_enter_task`) tell it which task is current.
"""

from __future__ import annotations

import asyncio
import sys
from asyncio import tasks
from collections import deque
from collections.abc import Callable, Coroutine
from contextvars import Context
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

if TYPE_CHECKING:
    from everact._core import Reply

T = TypeVar("T")

_Callback: TypeAlias = tuple[Context, Callable[[object], object], object]
"""What a future hands to the loop: the context, what to call in it, and the future itself as its argument."""


if sys.version_info >= (3, 12):

    def eager_task(work: Coroutine[Any, Any, T], loop: asyncio.AbstractEventLoop) -> asyncio.Task[T]:
        """A task for a coroutine, done already where that does not wait."""
        return asyncio.Task(work, loop=loop, eager_start=True)

else:

    def eager_task(work: Coroutine[Any, Any, T], loop: asyncio.AbstractEventLoop) -> asyncio.Task[T]:
        """A task for a coroutine, done already where that does not wait."""
        steps: list[tuple[Context | None, Callable[[], object]]] = []

        def catch(step: Callable[[], object], *, context: Context | None = None) -> None:
            steps.append((context, step))

        loop.call_soon = catch  # type: ignore[method-assign,assignment]
        try:
            task = asyncio.Task(work, loop=loop)
        finally:
            del loop.call_soon
        current = asyncio.current_task(loop)
        if current is not None:
            tasks._leave_task(loop, current)
        try:
            for context, step in steps:
                step() if context is None else context.run(step)
        finally:
            if current is not None:
                tasks._enter_task(loop, current)
        return task


WAKE_TOGETHER_MIN = 4
"""Fewer waiters are woken one by one: the borrowing costs as much as it saves."""


def wake(replies: list[Reply], waiters: dict[int, asyncio.Future[Reply]], loop: asyncio.AbstractEventLoop) -> None:
    """Gives waiters their replies; whoever waits for them goes on in the loop's next round, all in one of its steps.

    A future hands each callback to the loop on its own, which costs asyncio more than running it does. So the
    callbacks are caught where they are handed over, and the loop gets one step that runs them in their order.
    """
    if len(replies) < WAKE_TOGETHER_MIN:
        _answer(replies, waiters)
        return
    callbacks: deque[_Callback] = deque()

    def catch(callback: Callable[[object], object], future: object, *, context: Context) -> None:
        callbacks.append((context, callback, future))

    loop.call_soon = catch  # type: ignore[method-assign,assignment]
    try:
        _answer(replies, waiters)
    finally:
        del loop.call_soon
        loop.call_soon(_run_all, callbacks, loop)


def _answer(replies: list[Reply], waiters: dict[int, asyncio.Future[Reply]]) -> None:
    for reply in replies:
        waiter = waiters.pop(reply[0], None)
        if waiter is not None and not waiter.done():  # else it was cancelled meanwhile
            waiter.set_result(reply)


def _run_all(callbacks: deque[_Callback], loop: asyncio.AbstractEventLoop) -> None:
    try:
        while callbacks:
            context, callback, future = callbacks.popleft()
            context.run(callback, future)
    finally:
        if callbacks:  # KeyboardInterrupt or SystemExit has come through
            loop.call_soon(_run_all, callbacks, loop)
