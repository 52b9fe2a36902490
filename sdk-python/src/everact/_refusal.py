"""Why a turn does not count though nothing was thrown: its message, its stored state or its new one does not fit."""

from __future__ import annotations


class Refusal(Exception):
    """An error's number and text for the caller; `leaves` says that the actor goes from memory."""

    def __init__(self, code: int, text: str, *, leaves: bool = False) -> None:
        """An error's number and text."""
        super().__init__(text)
        self.code = code
        self.text = text
        self.leaves = leaves
