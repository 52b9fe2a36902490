"""Declare a process: a class whose handlers answer messages, or one function that receives them itself.

Processes are spawned, live in memory only, and end; links, monitors and supervisors are about how they end. How one is
reached stands in `process_reference.py`, what a function may do in `process_context.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, Generic, Protocol, TypeVar, overload

import msgspec

from everact.actor import ActorMeta, ActorOptions, Overflow, kind_of
from everact.errors import InvalidDeclaration
from everact.handler import is_coroutine
from everact.process_context import ProcessContext

A = TypeVar("A")
A_contra = TypeVar("A_contra", contravariant=True)
M = TypeVar("M")


class Process(msgspec.Struct, metaclass=ActorMeta, role="process", transient=True):
    """The base of processes with handlers.

    Annotated fields with defaults are what it may be spawned with, as an actor's are its state. Attributes that are not
    annotated may hold anything.

    Class options: `kind` (the name; the class's name in lower snake case by default), `mailbox_capacity_messages` and
    `overflow` ("reject", "drop_oldest" or "wait").

    Hooks: `activated` runs before the first message; if it fails, so does a start by a supervisor. `on_exit(ctx, exit)`
    runs for an exit that is trapped, `on_down(ctx, down)` for the end of one that is watched, `on_group(ctx, change)`
    for a change of a group that is watched. A handler or hook that raises ends the process; an `ApplicationError` is an
    answer and does not.

        class Counter(Process):
            count: int = 0

            @handler
            def add(self, n: int) -> int:
                self.count += n
                return self.count

        counter = engine.spawn(Counter(count=5))
        print(await counter.ask(Counter.add, 1))
    """


class ProcessFunction(Generic[M, A_contra]):
    """A kind of processes whose function receives its messages: what `@process` makes."""

    def __init__(self, function: Callable[..., Coroutine[Any, Any, object]], options: ActorOptions) -> None:
        """Made by `@process`."""
        self.function = function
        self.options = options
        self.__doc__ = function.__doc__

    def __repr__(self) -> str:
        """Reads as its kind."""
        return f"<process function {self.options.kind}>"


class ProcessDecorator(Protocol):
    """What `@process(...)` with options is."""

    @overload
    def __call__(
        self, function: Callable[[ProcessContext[M]], Coroutine[Any, Any, object]], /
    ) -> ProcessFunction[M, None]: ...
    @overload
    def __call__(
        self, function: Callable[[ProcessContext[M], A], Coroutine[Any, Any, object]], /
    ) -> ProcessFunction[M, A]: ...
    def __call__(self, function: Any, /) -> Any:
        """Makes the kind."""


@overload
def process(function: Callable[[ProcessContext[M]], Coroutine[Any, Any, object]], /) -> ProcessFunction[M, None]: ...
@overload
def process(function: Callable[[ProcessContext[M], A], Coroutine[Any, Any, object]], /) -> ProcessFunction[M, A]: ...
@overload
def process(
    *, kind: str | None = None, mailbox_capacity_messages: int | None = None, overflow: Overflow = "reject"
) -> ProcessDecorator: ...
def process(
    function: Any = None,
    /,
    *,
    kind: str | None = None,
    mailbox_capacity_messages: int | None = None,
    overflow: Overflow = "reject",
) -> Any:
    """Makes a coroutine function a kind of processes that receive their messages themselves.

    Parameters:
        kind: its name where that is not the function's own.
        mailbox_capacity_messages: how many messages may wait, those that it has passed over among them.
        overflow: what happens to a message that finds the mailbox full.

    The function takes a `ProcessContext` of the messages that it receives, and an argument where it wants one. The
    process ends with it.

        @process
        async def pong(ctx: ProcessContext[Ping | Finished]) -> None:
            while True:
                match await ctx.receive():
                    case Ping(sender):
                        sender.tell(Pong())
                    case Finished():
                        return
    """

    def make(given: Any) -> Any:
        if not is_coroutine(given):
            raise InvalidDeclaration(
                f"{getattr(given, '__name__', given)!s} is no coroutine function: a process function waits for its "
                "messages, so it is declared with `async def`"
            )
        name = kind or kind_of(given.__name__)
        options = ActorOptions(
            kind=name,
            transient=True,
            mailbox_capacity_messages=mailbox_capacity_messages,
            overflow=overflow,
            role="receiver",
        )
        return ProcessFunction(given, options)

    return make if function is None else make(function)
