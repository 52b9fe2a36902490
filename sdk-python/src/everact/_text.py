"""The texts of errors that user code made: had without trusting it."""

from __future__ import annotations

import traceback
from typing import Final

TEXT_CHARACTERS_MAX: Final = 16 * 1024
"""More of an error's text does not travel."""
STACK_STEPS_MAX: Final = 20
STACK_CHARACTERS_MAX: Final = 8 * 1024
"""More of a stack does not travel."""
STACK_MARK: Final = "\n\x1e\n"
"""What the core has between an error's text and its stack."""
UNREADABLE: Final = "its text cannot be read"
"""What stands for a text that cannot be had."""

_NAME_OF: Final = type.__dict__["__name__"].__get__


def text_of(error: BaseException) -> str:
    """The text of an error that user code made, which may raise, lie or be endless; this does not."""
    try:
        text = str(error)
        count = str.__len__(text)
        short = str.__getitem__(text, slice(TEXT_CHARACTERS_MAX))
        if count > TEXT_CHARACTERS_MAX:
            short += f"... ({count} characters in all)"
        return short.encode("utf-8", "backslashreplace").decode()
    except BaseException:
        return UNREADABLE


def named_text_of(error: BaseException) -> str:
    """An error's type and text; a type's name is read where its metaclass has no say."""
    return f"{name_of(error)}: {text_of(error)}"


def stack_of(error: BaseException) -> str:
    """Where an error was thrown, the last steps first to be kept; empty where it cannot be told."""
    try:
        return "".join(traceback.format_tb(error.__traceback__)[-STACK_STEPS_MAX:])[-STACK_CHARACTERS_MAX:]
    except BaseException:
        return ""


def name_of(value: object) -> str:
    """The name of a value's type."""
    name: str = _NAME_OF(type(value))
    return name.encode("utf-8", "backslashreplace").decode()
