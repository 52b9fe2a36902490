"""Where references lead: the one object that the tables of an engine's kinds share with the engine that opens later.

A reference of a process is read from messages, so it is made where nothing but the declaration is known. It holds this,
and by it finds the engine. Which turn uses it is a matter of the running code, `HERE`.
"""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Final

from everact import _models
from everact.errors import Closed, InvalidArgument

if TYPE_CHECKING:
    from everact._core import Turn
    from everact._lane import Lane
    from everact._within import Within
    from everact.metadata import Entries
    from everact.process_reference import ProcessRef

SUPERVISOR: Final = 0xFFFF
"""The number of the kind that supervisors have."""

HERE: ContextVar[Within | Here | None] = ContextVar("everact.here", default=None)
"""The context of the turn that runs, in turns that may use references of processes."""


class Home:
    """An engine, known before it is open."""

    __slots__ = ("lane",)

    def __init__(self) -> None:
        """Its engine is not open yet."""
        self.lane: Lane | None = None

    def open_lane(self) -> Lane:
        """The engine's lane."""
        if self.lane is None:
            raise Closed("the engine has not been opened: use `async with`, or `await` its `open()`")
        return self.lane

    def kind_name(self, kind: int | str | None) -> str | None:
        """The name of a kind by its number."""
        if kind is None or isinstance(kind, str):
            return kind
        if kind == SUPERVISOR:
            return "supervisor"
        kinds = self.open_lane().kinds
        return kinds[kind].name if kind < len(kinds) else None

    def process(self, number: int, kind: int | str | None) -> ProcessRef[Any]:
        """The reference of a process; its kind may be unknown."""
        from everact.event_manager_reference import EventManagerRef
        from everact.process_reference import ProcessRef
        from everact.supervisor import SupervisorRef

        if kind in (SUPERVISOR, "supervisor"):
            return SupervisorRef(self, number)
        name = self.kind_name(kind)
        if self.lane is not None and name in self.lane.managers:
            return EventManagerRef(self, name, number)
        return ProcessRef(self, name, number)

    def read(self, declared: Any, given: Any) -> Any:
        """For decoders: a value of a type that msgspec does not know, from what JSON made of it."""
        if _models.is_reference(declared):
            kind, number = _models.process_of(given)
            return self.process(number, kind)
        return _models.read(declared, given)


class Here:
    """A turn of a process whose handler has no context: what references that it uses must know of it."""

    __slots__ = ("_lane", "_turn")

    def __init__(self, lane: Lane, turn: Turn) -> None:
        """Made by the lane, once a turn."""
        self._lane = lane
        self._turn = turn

    def _turn_or_none(self) -> int:
        return 0 if self._turn.is_over else self._turn.id

    def _turn_id(self) -> int:
        if self._turn.is_over:
            raise InvalidArgument("the turn has ended")
        return self._turn.id

    @property
    def _activation(self) -> int:
        return self._turn.activation

    def _leaves_with(self) -> int:
        return 0 if self._turn.is_over else self._turn.id

    def _tell_process(self, kind: int, handler: int, process: int, payload: bytes, metadata: Entries | None) -> None:
        """Nothing leaves with its commit."""

    def _end(self) -> None:
        """Nothing of it is left to be told."""
