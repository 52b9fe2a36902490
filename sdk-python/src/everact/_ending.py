"""How a turn ends: the one way by which each of them is left, whatever the user's code did.

Everything that a handler, hook, codec or validator may throw arrives at `Ending.fail`, and what cannot even be reported
is left by `Core.give_up`, which needs nothing that user code made. A turn whose object is lost on the way, to an
exception between two lines, is noted by its destructor, and the lane hands it to `Ending.abandon`.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Final

from everact._refusal import Refusal
from everact._text import STACK_MARK, UNREADABLE, named_text_of, stack_of
from everact._within import ProcessExit
from everact.application import ApplicationError, outcome_of
from everact.errors import HandlerFailed, NoProcess, ReadOnlyViolation
from everact.metadata import entries_of

if TYPE_CHECKING:
    from everact._core import Core, Event, Turn
    from everact._lane import Lane
    from everact.context import Context
    from everact.process_context import ProcessContext
    from everact.state import Activation

LOG: Final = logging.getLogger("everact")

NO_TELLS: Final[list[Any]] = []


class Ending:
    """Ends the turns of one lane."""

    __slots__ = ("core", "lane")

    def __init__(self, lane: Lane, core: Core) -> None:
        """The lane whose turns they are."""
        self.lane = lane
        self.core = core

    def succeed(
        self, turn: Turn, held: Activation, before: bytes, reply: bytes, context: Context | ProcessContext[Any] | None
    ) -> list[Event]:
        """Hands in a turn that went well; what that caused, the reply to its ask among it."""
        caused = self.hand_in(turn, held, before, reply, context)
        return [(turn.ask, 0, reply)] if caused is None else list(caused)

    def hand_in(
        self, turn: Turn, held: Activation, before: bytes, reply: bytes, context: Context | ProcessContext[Any] | None
    ) -> list[Event] | tuple[()] | None:
        """Hands in a turn that went well, if its state and what it wants to send can be taken; else it has failed.

        What it gives is what `Core.complete` gives.
        """
        tells, passivate, beside, defer, wanted = NO_TELLS, False, None, False, None
        try:
            state = held.taken_nested(before) if turn.nested else held.taken(before, not turn.read_only)
            if state is not None and turn.read_only:
                return self.violate(turn, held, before)
            if context is not None:
                context._is_over = True
                tells, passivate, defer = context._tells, context._passivate, context._deferred
                wanted = context._wanted()
                beside = entries_of(context._answer) if context._answer else None
            if turn.nested:  # it belongs to the outer turn, whose completion will find its changes
                state = None
            if not (tells or passivate or beside or defer or wanted):
                return self.core.complete(turn, reply, state)
            return self.core.finish(turn, 0, reply, state, tells, passivate, beside, None, defer, wanted)
        except BaseException as error:
            return self.fail(turn, held, before, error, context)

    def fail(
        self,
        turn: Turn,
        held: Activation | None,
        before: bytes | None,
        error: BaseException,
        context: Context | ProcessContext[Any] | None = None,
    ) -> list[Event]:
        """Hands in a turn in which something was thrown: the object goes back, the caller gets the error."""
        if context is not None:
            context._is_over = True
        ends = error if type(error) is ProcessExit else None
        code, text, leaves = self._verdict(turn, held, error)
        if ends is not None and ends.reply is not None:
            code, text = 0, ends.reply
        if held is not None and before is not None and not self._put_back(turn, held, before):
            leaves = True
        return self._leave(turn, code, text, leaves, None if ends is None else ends.encoded)

    def violate(self, turn: Turn, held: Activation, before: bytes) -> list[Event]:
        """Hands in a read-only turn that changed the state: the object goes back, the caller gets the error."""
        leaves = not self._put_back(turn, held, before)
        label = self.lane.kinds[turn.kind].by_number[turn.handler].label
        text = f"{label} is read only and changed the state"
        return self._leave(turn, ReadOnlyViolation.code, text.encode("utf-8", "replace"), leaves)

    def abandon(self, turn: int, activation: int) -> list[Event]:
        """Ends a turn of which there is only the number left; its actor stands where it did, or leaves memory."""
        held = self.lane.activations.get(activation)
        try:
            if held is not None:
                held.is_shared = True
                held.put_back(held.accepted, in_place=False)
        except BaseException:
            held = None
            self.lane.activations.pop(activation, None)
        return self.core.give_up(turn, held is None)

    def _verdict(self, turn: Turn, held: Activation | None, error: BaseException) -> tuple[int, bytes, bool]:
        """The error's number and text for the caller, and whether the actor leaves memory."""
        try:
            # The class is asked, not the object: an error may lie about its `__class__`, or raise.
            kind = type(error)
            if issubclass(kind, Refusal):
                return error.code, error.text.encode("utf-8", "replace"), error.leaves  # type: ignore[attr-defined]
            if issubclass(kind, KeyboardInterrupt):
                self.lane.loop.call_soon(_interrupt, error)
            cancelled = self.lane.cancelling.pop(turn.id, None)
            if kind is ProcessExit:
                return NoProcess.code, f"the process has ended: {error}".encode("utf-8", "replace"), False
            is_process = self.lane.kinds[turn.kind].options.role != "actor"
            if cancelled is None and issubclass(kind, ApplicationError):
                return *outcome_of(error), False  # type: ignore[arg-type]
            if turn.ask == 0 and not (is_process and cancelled):
                self._log(turn, held, error)
            text = named_text_of(error) + (STACK_MARK + stack_of(error) if is_process else "")
            return cancelled or HandlerFailed.code, text.encode("utf-8", "replace"), False
        except BaseException:
            return HandlerFailed.code, UNREADABLE.encode(), False

    def _log(self, turn: Turn, held: Activation | None, error: BaseException) -> None:
        """Nobody waits for a told message, so the log has the traceback."""
        name = self.lane.kinds[turn.kind].name
        LOG.error("a handler of %s/%s failed", name, held.key if held else "?", exc_info=error)

    def _put_back(self, turn: Turn, held: Activation, before: bytes) -> bool:
        """Whether the object stands at its accepted state again; where not, it is gone and the actor must be too."""
        try:
            held.put_back(before, in_place=turn.nested)
            held.is_shared = True  # the traceback holds the object, and so may whoever took the error
            return not turn.is_over  # the core has taken the outcome and knows another state
        except BaseException:
            self.lane.activations.pop(turn.activation, None)
            return False

    def _leave(
        self, turn: Turn, code: int, text: bytes, leaves: bool, exit_: tuple[int, bytes] | None = None
    ) -> list[Event]:
        try:
            if leaves:
                self.lane.activations.pop(turn.activation, None)
            return self.core.finish(turn, code, text, None, NO_TELLS, leaves, None, exit_, False, None)
        except BaseException:
            pass  # out of the handler, so that what it holds is gone
        try:
            return self.abandon(turn.id, turn.activation)
        except BaseException:  # the engine is gone, and its callers know
            return []


def _interrupt(error: BaseException) -> None:
    """From the loop's own stack a KeyboardInterrupt leaves the loop, as it does everywhere else."""
    raise error
