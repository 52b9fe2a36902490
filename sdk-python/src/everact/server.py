"""Declare a server: a process whose general part the core runs, as OTP's gen_server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from everact._fit import encode_loose
from everact.codec import unsendable
from everact.context import Context
from everact.errors import InvalidArgument
from everact.process import Process
from everact.timer import milliseconds

if TYPE_CHECKING:
    from everact._core import Turn
    from everact._lane import Lane


class Server(Process, behaviour="server"):
    """The base of servers. They are processes with handlers, and more hooks.

    Hooks, besides those of a process: `on_timeout(ctx)` runs when no message has come for as long as
    `ctx.idle_timeout` said, `on_continue(ctx, value)` before any other message after `ctx.continue_with(value)`, and
    `terminate(ctx, reason)` before it ends by itself, by an error, or by its parent's exit if it traps exits. What
    `terminate` raises is the reason then. A `ServerContext` is what handlers and hooks may take.

        class Session(Server):
            @handler
            def visit(self, ctx: ServerContext, page: str) -> None:
                ctx.idle_timeout(60.0)

            def on_timeout(self, ctx: ServerContext) -> None:
                ctx.exit()
    """


class ServerContext(Context):
    """The turn of a server: what may be done in any, and one of three wishes, of which the last one counts."""

    __slots__ = ("_then",)

    def __init__(self, lane: Lane, turn: Turn, kind: str, key: str) -> None:
        """Made by the lane, once a turn."""
        super().__init__(lane, turn, kind, key)
        self._then: dict[str, Any] | None = None

    def idle_timeout(self, seconds: float | None) -> None:
        """Has `on_timeout` run if no message comes for so long; 0 is behind what waits now, None is never."""
        self._want("timeout", None if seconds is None else milliseconds("seconds", seconds))

    def hibernate(self) -> None:
        """Does nothing until the next message."""
        self._want("hibernate", True)

    def continue_with(self, value: Any) -> None:
        """Has `on_continue` run with this value before any other message."""
        self._want("continue", content("the value", value))

    def _want(self, what: str, value: Any) -> None:
        self._turn_id()
        self._then = {what: value}

    def _wanted(self) -> bytes | None:
        return None if self._then is None else msgspec.json.encode(self._then)


def content(what: str, value: Any) -> msgspec.Raw:
    """A value as JSON within more of it; `InvalidArgument` for what has no encoding."""
    try:
        return msgspec.Raw(encode_loose(value))
    except InvalidArgument:
        raise
    except Exception as error:
        raise unsendable(what, value, error) from error
