"""Why a process ends, as whoever ends it says and as those read who watch it."""

from __future__ import annotations

from typing import Any, ClassVar, Final, Literal

import msgspec

from everact._text import STACK_MARK
from everact.codec import encode_message
from everact.errors import InvalidArgument


class ExitReason(msgspec.Struct, frozen=True, omit_defaults=True):
    """Why a process ended, or with what an exit signal asks it to end.

    Normal and shutdown are orderly ends; every other one is a crash for those who are linked.

        ctx.exit(ExitReason.SHUTDOWN)
        worker.exit(ExitReason.custom({"code": 7}))

        match await ctx.receive():
            case Exit(who, ExitReason("failed", text=text)): ...
    """

    why: Literal["normal", "shutdown", "kill", "killed", "no_process", "passivated", "failed", "custom"] = (
        msgspec.field(name="is")
    )
    """Which sort of reason it is."""
    detail: Any = None
    """Of a shutdown or a custom reason: what whoever gave it has said, as JSON has it."""
    name: str = ""
    """Of a failed one: the error's name in its language."""
    text: str = ""
    """Of a failed one: the error's name and text."""
    stack: str = ""
    """Of a failed one: where it was thrown."""

    NORMAL: ClassVar[ExitReason]
    """It has done what it was for. As a signal it is ignored by those who do not trap exits."""
    SHUTDOWN: ClassVar[ExitReason]
    """It was asked to end in good order."""
    KILL: ClassVar[ExitReason]
    """As a signal, ends a process whatever it traps; those who are linked to it see `KILLED`."""
    KILLED: ClassVar[ExitReason]
    """It ended because of `KILL`."""
    NO_PROCESS: ClassVar[ExitReason]
    """There was no such process when it was linked or watched."""
    PASSIVATED: ClassVar[ExitReason]
    """An actor that was watched has left memory; the next message brings it back."""

    @classmethod
    def shutdown(cls, detail: Any = None) -> ExitReason:
        """An orderly end with a detail, which is any JSON."""
        return cls("shutdown", detail)

    @classmethod
    def custom(cls, detail: Any) -> ExitReason:
        """A reason of your own, which is any JSON. It counts as a crash."""
        return cls("custom", detail)

    @property
    def is_orderly(self) -> bool:
        """Whether it is an orderly end."""
        return self.why in ("normal", "shutdown")

    def __str__(self) -> str:
        """Reads as what happened."""
        if self.why == "failed":
            return self.text
        return self.why if self.detail is None else f"{self.why} {self.detail!r}"


ExitReason.NORMAL = ExitReason("normal")
ExitReason.SHUTDOWN = ExitReason("shutdown")
ExitReason.KILL = ExitReason("kill")
ExitReason.KILLED = ExitReason("killed")
ExitReason.NO_PROCESS = ExitReason("no_process")
ExitReason.PASSIVATED = ExitReason("passivated")

_DETAIL_BYTES_MAX: Final = 0xFFFF
"""The core takes no more, since everyone who is tied to a process gets a copy."""
_FAILURE_CHARACTERS_MAX: Final = 8192

_NUMBERS: Final = {
    "normal": 1,
    "shutdown": 2,
    "kill": 3,
    "custom": 4,
    "killed": 5,
    "no_process": 6,
    "failed": 7,
    "passivated": 8,
}


def encoded(reason: ExitReason) -> tuple[int, bytes]:
    """A reason's number and detail for the core; `InvalidArgument` for a detail that has no encoding or is too long."""
    number = _NUMBERS[reason.why]
    if reason.why == "failed":
        text, stack = reason.text[:_FAILURE_CHARACTERS_MAX], reason.stack[:_FAILURE_CHARACTERS_MAX]
        return number, f"{text}{STACK_MARK}{stack}".encode("utf-8", "replace")
    if number != _NUMBERS["custom"] and reason.detail is None:
        return number, b""
    detail = encode_message(reason.detail)
    if len(detail) > _DETAIL_BYTES_MAX:
        raise InvalidArgument(f"the detail of an exit reason: {len(detail)} bytes, {_DETAIL_BYTES_MAX} is the most")
    return number, detail


class _Down(msgspec.Struct):
    reason: ExitReason


_DECODE: Final = msgspec.json.Decoder(_Down).decode


def reason_of(payload: bytes) -> ExitReason:
    """Why the process ended whose `Down` this is."""
    return _DECODE(payload).reason
