"""A client for code without an event loop: scripts, Django, Flask, cron jobs. Any thread may call it.

    with everact.Blocking(everact.connect("http://127.0.0.1:8080", actors=[Airport])) as client:
        airport = client.actor(Airport, "SFO")
        print(client.ask(airport.landed, 12))

It runs the engine or connection on an event loop in a thread of its own, and waits there.
"""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable, Coroutine
from types import TracebackType
from typing import TYPE_CHECKING, Any, Generic, ParamSpec, TypeVar, overload

from everact._host import Host
from everact.actor import Actor
from everact.errors import Closed, Forked, InvalidArgument
from everact.reference import Reference

if TYPE_CHECKING:
    from typing_extensions import Self

A = TypeVar("A", bound=Actor)
H = TypeVar("H", bound=Host)
P = ParamSpec("P")
R = TypeVar("R")


class Blocking(Generic[H]):
    """An engine or connection whose calls wait for their outcome."""

    def __init__(self, host: H) -> None:
        """Takes an engine or connection that is not open; `with` opens and closes it."""
        self.host = host
        """The engine or connection; its own methods belong to the thread of its loop: see `run`."""
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._process = 0
        self._closing = threading.RLock()

    def open(self) -> Self:
        """Opens; `with` does it too. Raises what the engine's or connection's own `open` raises."""
        if self._loop is not None:
            raise InvalidArgument("this client has been opened before; make a new one")
        self._loop = asyncio.new_event_loop()
        self._process = os.getpid()
        self._thread = threading.Thread(target=self._loop.run_forever, name="everact", daemon=True)
        self._thread.start()
        try:
            self.run(self.host.open)
        except BaseException:
            self._stop()
            raise
        return self

    def close(self, deadline_ms: int = 10_000) -> None:
        """Closes, as the engine's or connection's own `close` does, and ends the thread.

        A second call, of any thread, waits for the first.
        """
        if threading.current_thread() is self._thread:
            raise InvalidArgument("this thread runs the loop: let another one close the client")
        with self._closing:
            if self._thread is None:
                return
            try:
                self.run(self.host.close, deadline_ms)
            finally:
                self._stop()

    def __enter__(self) -> Self:
        """Opens."""
        return self.open()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Closes."""
        self.close()

    @overload
    def actor(self, kind: type[A], key: str) -> A: ...
    @overload
    def actor(self, kind: str, key: str) -> Reference: ...
    def actor(self, kind: type[Actor] | str, key: str) -> Any:
        """A reference to the actor of this kind and key, for `ask` and `tell`."""
        return self.host.actor(kind, key)

    def ask(self, method: Callable[P, Coroutine[Any, Any, R]], /, *args: P.args, **kwargs: P.kwargs) -> R:
        """Asks and waits for the reply: `client.ask(client.actor(Airport, "SFO").landed, 12)`."""
        return self.run(method, *args, **kwargs)

    def tell(self, method: Callable[P, Coroutine[Any, Any, Any]], /, *args: P.args, **kwargs: P.kwargs) -> None:
        """Sends a message; returns when the mailbox has accepted it."""
        self.run(self.host.tell, method, *args, **kwargs)

    def run(self, work: Callable[P, Coroutine[Any, Any, R]], /, *args: P.args, **kwargs: P.kwargs) -> R:
        """Runs a coroutine function on the loop and waits for it: `client.run(client.host.backup, "copy")`."""
        if self._loop is None or self._thread is None:
            raise Closed("the client is not open: use `with`")
        if os.getpid() != self._process:
            raise Forked("the process was forked after the client opened: open one in the child")
        if threading.current_thread() is self._thread:
            raise InvalidArgument("this thread runs the loop: await the call instead")

        async def done() -> R:
            return await work(*args, **kwargs)

        waiting = asyncio.run_coroutine_threadsafe(done(), self._loop)
        try:
            return waiting.result()
        except BaseException:
            waiting.cancel()  # a KeyboardInterrupt: the caller no longer waits
            raise

    def _stop(self) -> None:
        loop, thread = self._loop, self._thread
        self._thread = None
        if loop is None or thread is None:
            return
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
