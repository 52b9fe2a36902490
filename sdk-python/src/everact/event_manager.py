"""Declare an event manager and its handlers: a process that sends events to handlers, as OTP's gen_event."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from everact.actor import ActorMeta, ActorOptions, Overflow
from everact.context import Context
from everact.exit_reason import ExitReason
from everact.server import content

if TYPE_CHECKING:
    from everact._core import Turn
    from everact._event_managers import ManagerTable
    from everact._lane import Lane


class EventHandler(msgspec.Struct, metaclass=ActorMeta, role="handler"):
    """The base of handlers of event managers.

    Annotated fields with defaults are what it may be added with; attributes that are not annotated may hold anything.
    The class option `kind` is its type's name where that is not the class's own in lower snake case.

    Methods, each of them optional, may take an `EventContext` first, and may be coroutine functions:

    - `init(after)`: it comes. `after` is an `After` where it takes the place of another one, else None. It may raise
      `Refuse`.
    - `on_event(event)`, `on_info(message)`, `on_exit(exit)`: what has come.
    - `on_call(query)`: gives the reply.
    - `terminate(leaving)`: it goes, for the reason in a `Leaving`; gives what is left to whoever comes next, or asked
      it to go.

    What raises costs the handler its place, and its manager nothing.

        class Tally(EventHandler):
            seen: int = 0

            def on_event(self, event: str) -> None:
                self.seen += 1

            def on_call(self, query: str) -> int:
                return self.seen
    """


class After(msgspec.Struct, frozen=True, rename={"why": "is"}):
    """What became of the handler whose place a new one takes."""

    why: str
    """"left"; "unknown" if there was none; "failed", or another word of an `ExitReason`, if it failed."""
    result: Any = None
    """What its `terminate` gave."""
    reason: ExitReason | None = None
    """With what it failed."""


class Leaving(msgspec.Struct, frozen=True, rename={"why": "is"}):
    """Why a handler goes."""

    why: str
    """"asked" (removed or replaced), "removed" (it wanted to), "supervisor_exited", "stopped" (its manager), or
    "failed" or another word of an `ExitReason`."""
    argument: Any = None
    """What whoever asked has said."""
    reason: ExitReason | None = None
    """With what its supervisor exited, or it failed."""


class Refuse(Exception):
    """Raised by `init`: the handler does not come."""

    def __init__(self, reason: Any) -> None:
        """The reason is any JSON."""
        super().__init__(str(reason))
        self.reason = reason


class EventManager:
    """A kind of event managers.

    Alarms = EventManager("alarms", handlers=[Tally, Log])
    alarms = engine.spawn(Alarms, name="alarms")
    await alarms.add("tally", Tally())
    alarms.notify({"level": "high"})
    """

    def __init__(
        self,
        kind: str,
        *,
        handlers: Iterable[type[EventHandler]] = (),
        messages: Iterable[type[Any]] = (),
        mailbox_capacity_messages: int | None = None,
        overflow: Overflow = "reject",
    ) -> None:
        """Declares a kind.

        Parameters:
            kind: its name.
            handlers: the classes of which handlers may be added.
            messages: types of messages that may be told to it and reach `on_info`; their names are the types'.
            mailbox_capacity_messages: how many events and messages may wait.
            overflow: what happens to one that finds the mailbox full.
        """
        self.handlers = tuple(handlers)
        self.messages = tuple(messages)
        self.options = ActorOptions(
            kind=kind,
            transient=True,
            mailbox_capacity_messages=mailbox_capacity_messages,
            overflow=overflow,
            role="process",
            behaviour="event_manager",
        )

    def __repr__(self) -> str:
        """Reads as its kind."""
        return f"<event manager {self.options.kind}>"


class EventContext(Context):
    """The turn of a handler: what may be done in any, and what becomes of the handler then. The last wish counts."""

    __slots__ = ("_id", "_table", "_wish")

    def __init__(self, lane: Lane, turn: Turn, table: ManagerTable, key: str) -> None:
        """Made by the lane, once a turn."""
        super().__init__(lane, turn, table.name, key)
        self._table = table
        self._id = ""
        self._wish: dict[str, Any] | None = None

    @property
    def id(self) -> str:
        """The handler's name within its manager."""
        return self._id

    def remove(self) -> None:
        """Has the handler go; its `terminate` runs."""
        self._want("remove", True)

    def swap(self, id: str, handler: EventHandler, farewell: Any = None) -> None:  # noqa: A002 (the handler's own word)
        """Has another handler take the place of this one, whose `terminate` gets `farewell` as its argument."""
        self._want(
            "swap",
            {"handler": id, "argument": self._table.argument(handler), "farewell": content("farewell", farewell)},
        )

    def hibernate(self) -> None:
        """Has the manager do nothing until the next event."""
        self._want("hibernate", True)

    def _want(self, what: Literal["remove", "swap", "hibernate", "refuse"], value: Any) -> None:
        self._turn_id()
        self._wish = {what: value}

    def _wanted(self) -> bytes | None:
        return None if self._wish is None else msgspec.json.encode(self._wish)
