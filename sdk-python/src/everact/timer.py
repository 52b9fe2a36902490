"""Timers: a message that leaves after a while, once or again and again."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

from everact import _core
from everact.errors import InvalidArgument

if TYPE_CHECKING:
    from everact._lane import Lane

_MS_MAX: Final = 0xFFFF_FFFE


class Timer:
    """A message that is to be sent. It may be cancelled from anywhere."""

    __slots__ = ("_lane", "_number")

    def __init__(self, lane: Lane, number: int) -> None:
        """Made by `send_after` and `send_every`."""
        self._lane = lane
        self._number = number

    def cancel(self) -> float | None:
        """Sends it no more; the seconds that were left, or None if it had been sent."""
        return self._left(cancel=True)

    def read(self) -> float | None:
        """The seconds that are left, or None if it has been sent or cancelled."""
        return self._left(cancel=False)

    def _left(self, *, cancel: bool) -> float | None:
        reply = self._lane.command(0, *_core.timer(self._lane.core, self._number, cancel))
        return int.from_bytes(reply, "little") / 1000 if reply else None

    def __repr__(self) -> str:
        """Reads as its number."""
        return f"<timer {self._number}>"


def milliseconds(what: str, seconds: Any) -> int:
    """Seconds as whole milliseconds, rounded up; `InvalidArgument` says what is wrong with them."""
    if not isinstance(seconds, (int, float)) or not 0 <= seconds * 1000 <= _MS_MAX:
        raise InvalidArgument(f"{what} is a number of seconds from 0 to {_MS_MAX // 1000}, not {seconds!r}")
    return math.ceil(seconds * 1000)
