"""What turns of all sorts have in common: reading the message, and calling a handler that does not wait."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any

from everact._refusal import Refusal
from everact._text import text_of
from everact.errors import EveractError, InvalidPayload

if TYPE_CHECKING:
    from everact.handler import HandlerTable


def message_in(entry: HandlerTable, payload: bytes) -> Any:
    """The message in a payload, which user code may help to read; what that raises is a refusal."""
    try:
        return entry.message(payload)
    except BaseException as error:
        text = error.message if type(error) is InvalidPayload else entry.misfit(payload, text_of(error))
        raise Refusal(InvalidPayload.code, text) from None


def finished(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """The result of a coroutine that has nothing to wait for."""
    try:
        coroutine.send(None)
    except StopIteration as stop:
        return stop.value
    raise EveractError("a handler without an await has waited")
