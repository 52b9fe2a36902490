"""What becomes of a told message whose handler fails: it is tried again, and at last it is a dead letter.

@handler(retry=Retry(attempts_max=10, first_wait_ms=200, not_retried=[ValueError]))
def credit(self, amount: int) -> None: ...
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

OnFailure = Literal["park", "hold"]
"""After the last attempt: the message becomes a dead letter and the sender's next one comes, or they wait behind it."""


@dataclass(frozen=True)
class Retry:
    """A policy for told messages; None leaves a setting to the engine's default: five attempts within a minute.

    One that cannot be used is `InvalidDeclaration` when an engine opens. An `ApplicationError` is an answer and is
    never tried again.
    """

    attempts_max: int | None = None
    """How often the handler runs at most, the first time included; at least 1."""
    first_wait_ms: int | None = None
    """Before the second attempt; 1 to 4,294,967,294, and at most `wait_max_ms`."""
    wait_max_ms: int | None = None
    """Between two attempts at most; 1 to 4,294,967,294."""
    factor: float | None = None
    """By how much each wait is longer than the one before; at least 1."""
    jitter: float | None = None
    """The part of a wait that is drawn at random, 0 to 1."""
    not_retried: Sequence[type[BaseException] | str] = ()
    """Errors that are not worth another attempt, by class or by the name of one."""
    on_failure: OnFailure | None = None
    """What becomes of the sender's later messages."""

    def declaration(self) -> dict[str, Any]:
        """The policy as the core's configuration wants it."""
        names = [given if isinstance(given, str) else given.__name__ for given in self.not_retried]
        settings = {
            "attempts_max": self.attempts_max,
            "first_wait_ms": self.first_wait_ms,
            "wait_max_ms": self.wait_max_ms,
            "factor": self.factor,
            "jitter": self.jitter,
            "not_retried": names or None,
            "on_failure": self.on_failure,
        }
        return {name: value for name, value in settings.items() if value is not None}
