"""Tasks that take their first step at once, on the stack of whoever starts them.

Python 3.12 has such tasks. Before, the first step of a task is caught where it is handed to the loop and taken at once;
the hooks that asyncio keeps for makers of tasks (`_leave_task`, `_enter_task`) tell it which task is current.
"""

from __future__ import annotations

import asyncio
import sys
from asyncio import tasks
from collections.abc import Callable, Coroutine
from contextvars import Context
from typing import Any, TypeVar

T = TypeVar("T")


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
