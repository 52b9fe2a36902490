"""The normal forms of tests/oracle/README.md: reasons as texts, and back."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from everact import EveractError, ExitReason, NoProcess, SupervisorError

ERRORS_OF_OURS = ("InvalidArgument", "InvalidState")
"""What a process ends with that gave the SDK what cannot be."""


class Boom(Exception):
    """What `crash` throws."""


def text_of(reason: ExitReason) -> str:
    """A reason in its normal form."""
    if reason.why == "failed" and reason.name in ERRORS_OF_OURS:
        return "error:nonsense"
    if reason.why == "failed":
        return "error:" + reason.text.removeprefix("Boom: ")
    if reason.why == "no_process":
        return "noproc"
    if reason.why == "custom":
        return f"custom:{reason.detail}"
    if reason.why == "shutdown" and reason.detail is not None:
        return f"shutdown:{_detail(reason.detail)}"
    return reason.why


def _detail(detail: Any) -> str:
    """A shutdown's detail: a text, or which child did not start."""
    if not isinstance(detail, dict):
        return str(detail)
    return _not_started(detail["not_started"], msgspec.convert(detail["reason"], ExitReason)).removeprefix("shutdown:")


def reason_of(text: str) -> ExitReason:
    """The reason of a normal form."""
    word, _, detail = text.partition(":")
    if word == "too long":
        return ExitReason.custom("x" * 70_000)
    if word == "unencodable":
        return ExitReason.custom(object())
    if word == "custom":
        return ExitReason.custom(detail)
    if word == "shutdown":
        return ExitReason.shutdown(detail or None)
    return ExitReason.NO_PROCESS if word == "noproc" else ExitReason(word)  # type: ignore[arg-type]


def answer_of(error: EveractError) -> Any:
    """What a supervisor's command gives that was refused."""
    if isinstance(error, NoProcess):
        return ["failed", "noproc"]
    if not isinstance(error, SupervisorError):
        return "invalid"
    if error.reason is not None:
        return ["error", _not_started(error.path, error.reason)]
    return "all_alike" if error.why == "dynamic" else error.why


def _not_started(path: Iterable[str], reason: ExitReason) -> str:
    """Which child did not start, and why."""
    return "".join(f"shutdown:failed_to_start_child {child} " for child in path) + text_of(reason)
