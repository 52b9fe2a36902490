"""Reach an event manager: events to all of its handlers, a call to one, handlers that come and go."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal

import msgspec

from everact import _core
from everact.codec import ABSENT, encode_message, typed_decoder
from everact.errors import EveractError, InvalidArgument
from everact.exit_reason import ExitReason
from everact.process_reference import ProcessRef, turn_here

if TYPE_CHECKING:
    from everact.event_manager import EventHandler

_NOTIFY: Final = 2
_SYNC_NOTIFY: Final = 3
_CALL: Final = 4
_ADD: Final = 5
_REMOVE: Final = 6
_SWAP: Final = 7
_HANDLERS: Final = 8


class EventHandlerError(EveractError):
    """A handler of an event manager could not be reached, added, removed or replaced."""

    name = "EventHandlerError"
    family = "handler"
    next_step = "Look at why."

    def __init__(self, why: str, reason: ExitReason | None) -> None:
        """Made from the manager's answer."""
        super().__init__(why if reason is None else f"{why}: {reason}")
        self.why: Literal["no_such_handler", "already_there", "full", "refused", "failed"] = why  # type: ignore[assignment]
        """What is wrong: its `init` refused, or the callback failed, for `reason`."""
        self.reason = reason


class EventManagerRef(ProcessRef[Any]):
    """An event manager. Handlers have ids, each of which is in use once; a new one comes before those that are there.

    All but `notify` raise `NoProcess` if it has ended, and `EventHandlerError` for what it cannot do.
    """

    __slots__ = ()

    def notify(self, event: Any) -> None:
        """Sends an event to all handlers and does not wait."""
        lane, turn = self._home.open_lane(), turn_here(self._home.open_lane())
        lane.command(turn, *_core.manage(lane.core, _NOTIFY, False, _json(event), turn, self.number, 0))

    async def sync_notify(self, event: Any) -> None:
        """Sends an event to all handlers and waits until all have seen it."""
        await self._manage(_SYNC_NOTIFY, _json(event))

    async def call(self, id: str, query: Any = None, *, returns: Any = ABSENT) -> Any:  # noqa: A002
        """Asks one handler; gives its reply.

        Parameters:
            id: the handler.
            query: what its `on_call` gets.
            returns: the reply's type; plain JSON where it is not given.
        """
        value = await self._value(_CALL, {"handler": id, "query": msgspec.Raw(_json(query))})
        return value if returns is ABSENT else typed_decoder(returns, "returns", self._home.read).decode(_json(value))

    async def add(self, id: str, handler: EventHandler, *, supervised: bool = False) -> None:  # noqa: A002
        """Adds a handler.

        Parameters:
            id: its name within the manager.
            handler: with its initial values.
            supervised: the actor or process whose turn this is gets `HandlerGone` when it goes, and its own end
                removes it.
        """
        await self._value(_ADD, {"handler": id, "argument": self._argument(handler)}, supervised)

    async def remove(self, id: str, argument: Any = None) -> Any:  # noqa: A002
        """Removes a handler; gives what its `terminate` gave, which got the argument."""
        return await self._value(_REMOVE, {"handler": id, "argument": msgspec.Raw(_json(argument))})

    async def swap(
        self, old: str, new: str, handler: EventHandler, *, farewell: Any = None, supervised: bool = False
    ) -> None:
        """Puts a handler in the place of another one.

        Parameters:
            old: the one that goes; if there is none the new one is added all the same.
            new: the new one's name.
            handler: with its initial values; its `init` gets what the old one has left, as an `After`.
            farewell: the argument that the old one's `terminate` gets.
            supervised: as in `add`.
        """
        asked = {"handler": old, "farewell": msgspec.Raw(_json(farewell)), "new": new}
        await self._value(_SWAP, {**asked, "argument": self._argument(handler)}, supervised)

    async def handlers(self) -> list[str]:
        """The handlers' names, the newest first."""
        found: list[str] = (await self._manage(_HANDLERS, b"{}"))["handlers"]
        return found

    def _argument(self, handler: EventHandler) -> Any:
        managers = self._home.open_lane().managers
        table = managers.get(self.kind)
        if table is None:
            raise InvalidArgument(f"{self.kind} is no event manager of this engine")
        return table.argument(handler)

    async def _value(self, what: int, asked: dict[str, Any], supervised: bool = False) -> Any:
        answer = await self._manage(what, msgspec.json.encode(asked), supervised)
        error = answer.get("error")
        if error is None:
            return answer.get("value")
        if error["is"] in ("no_such_handler", "already_there", "full"):
            raise EventHandlerError(error["is"], None)
        raise EventHandlerError("refused" if error["is"] == "custom" else "failed", msgspec.convert(error, ExitReason))


def _json(value: Any) -> bytes:
    """A value as JSON; `InvalidArgument` for what has no encoding."""
    if isinstance(value, bytes):
        raise InvalidArgument("bytes are no JSON: give a value that is")
    return encode_message(value)
