"""The normal forms of tests/oracle/README.md: reasons as texts, and back."""

from __future__ import annotations

import re
from typing import Any

from everact import EveractError, ExitReason, NoProcess

_CHILD = re.compile(r'child "([^"]*)" did not start: ')
_ANSWERS = {
    "a child of this name runs": "already_started",
    "a child of this name is there": "already_present",
    "there is no child of this name": "not_found",
    "is no child of this supervisor": "not_found",
    "the child runs": "running",
    "the child is about to be restarted": "restarting",
    "children of a dynamic supervisor": "all_alike",
}


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
    text = str(detail)
    return _not_started(text).removeprefix("shutdown:") if "did not start: " in text else text


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
    text = str(error)
    for part, word in _ANSWERS.items():
        if part in text:
            return word
    if isinstance(error, NoProcess):
        return ["failed", "noproc"]
    if "did not start: " not in text:
        return "invalid"
    return ["error", _not_started(text)]


def _not_started(text: str) -> str:
    """Which child did not start, and why."""
    children, last = _CHILD.findall(text), re.split(r"did not start: ", text)[-1]
    return "".join(f"shutdown:failed_to_start_child {child} " for child in children) + _shown(last)


def _shown(text: str) -> str:
    """A reason that stands in a failure's text."""
    text = text.removeprefix("it ended with ")
    if text.startswith('"'):
        return f"custom:{text[1:-1]}"
    return "error:" + text.removeprefix("Boom: ") if ": " in text else text
