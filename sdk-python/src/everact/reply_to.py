"""Answer later: the way back to whoever has asked, kept until there is an answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from everact import _core
from everact._home import HERE
from everact._text import named_text_of
from everact.application import ApplicationError, outcome_of
from everact.codec import encode_message
from everact.errors import EveractError, HandlerFailed, InvalidArgument

if TYPE_CHECKING:
    from everact._lane import Lane


class ReplyTo:
    """The way back to whoever has asked: it may be kept, and answered once, while the process lives.

    A process function answers at any time, a process with handlers or an actor within one of its turns. For who has
    told, an answer goes nowhere.
    """

    __slots__ = ("_activation", "_ask", "_lane", "_turn")

    def __init__(self, lane: Lane, ask: int, *, turn: int = 0, activation: int = 0) -> None:
        """Made by a context.

        Parameters:
            lane: the engine's.
            ask: whose answer it is; 0 is nobody's.
            turn: that of a process function; else the one that runs is found when it is answered.
            activation: whose turns may answer.
        """
        self._lane = lane
        self._ask = ask
        self._turn = turn
        self._activation = activation

    def reply(self, value: Any = None) -> None:
        """Answers with a value. An ask that was answered, or that nobody waits for any more, takes no answer."""
        self._respond(0, b"" if value is None else encode_message(value))

    def fail(self, error: BaseException) -> None:
        """Answers with an error: an `ApplicationError` arrives as itself, any other one as `HandlerFailed`."""
        if isinstance(error, ApplicationError):
            self._respond(*outcome_of(error))
        elif isinstance(error, EveractError):
            self._respond(error.code, str(error).encode("utf-8", "replace"))
        else:
            self._respond(HandlerFailed.code, named_text_of(error).encode("utf-8", "replace"))

    def _respond(self, code: int, payload: bytes) -> None:
        if not self._ask:
            return
        events = _core.respond(self._lane.core, self._turn or self._turn_here(), self._ask, code, payload, None)
        if events:
            self._lane.later(events)

    def _turn_here(self) -> int:
        """The turn that runs here, which must be one of who was asked."""
        here = HERE.get()
        if here is None or here._lane is not self._lane or here._activation != self._activation:
            raise InvalidArgument(
                "an answer is given within a turn of the actor or process that was asked; an actor's handler takes a "
                "Context then"
            )
        return here._turn_id()
