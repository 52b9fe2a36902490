"""Inside a handler: what a turn knows and what it may do besides computing.

Its time does not move while the turn runs, and its randomness and ids follow from one seed that the core gives to the
turn. Messages that an actor tells from here leave when the turn commits, and not at all when it fails; those of a
process leave at once.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Coroutine
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar, overload

from everact._within import Within
from everact.actor import Actor
from everact.caller import CALLER, Caller, caller_of
from everact.errors import InvalidArgument, TooLarge
from everact.metadata import RESERVED, metadata_of
from everact.reply_to import ReplyTo

if TYPE_CHECKING:
    from everact._core import Told, Turn
    from everact._lane import Lane
    from everact.handler import HandlerTable
    from everact.metadata import Entries
    from everact.process_reference import ProcessRef
    from everact.reference import Reference, TypedReference

A = TypeVar("A", bound=Actor)
P = ParamSpec("P")

TELLS_MAX = 65_535
"""Messages of one turn at most."""

_MASK = 0xFFFF_FFFF_FFFF_FFFF
_NO_DEADLINE = 0xFFFF_FFFF


class Context(Within):
    """The turn that a handler runs in. Handlers get it by declaring a parameter of this type."""

    __slots__ = (
        "_answer",
        "_began",
        "_cancelled",
        "_deferred",
        "_is_over",
        "_key",
        "_kind",
        "_lane",
        "_passivate",
        "_seed",
        "_tells",
        "_turn",
    )

    def __init__(self, lane: Lane, turn: Turn, kind: str, key: str) -> None:
        """Made by the lane, once a turn."""
        self._lane = lane
        self._turn = turn
        self._kind = kind
        self._key = key
        self._seed: int | None = None
        self._began = time.monotonic()
        self._tells: list[Told] = []
        self._passivate = False
        self._cancelled = False
        self._deferred = False
        self._is_over = False
        self._answer: dict[str, str | bytes] | None = None

    @property
    def key(self) -> str:
        """The actor's own key; of a process, its number."""
        return self._key

    @property
    def kind(self) -> str:
        """The actor's own kind."""
        return self._kind

    @property
    def now(self) -> datetime:
        """The turn's time: the same however often it is asked for."""
        return datetime.fromtimestamp(self._turn.now_ms / 1000, timezone.utc)

    @property
    def now_ms(self) -> int:
        """The turn's time in milliseconds since 1970."""
        return self._turn.now_ms

    @property
    def revision(self) -> int:
        """How many turns have changed the actor's state so far."""
        return self._turn.revision

    @property
    def sender(self) -> ProcessRef[Any] | str | None:
        """Who sent the message: a process, or an actor's address (`kind/key`); None where it came from outside."""
        return self._lane.sender_of(self._turn)

    @property
    def self(self) -> ProcessRef[Any]:
        """The process itself. Raises `InvalidArgument` in an actor's turn: an actor has a key and no number."""
        return self._own()

    @property
    def remaining_ms(self) -> int | None:
        """Milliseconds until the caller's deadline, not below 0; None where the caller set none."""
        if self._turn.remaining_ms == _NO_DEADLINE:
            return None
        return max(0, self._turn.remaining_ms - int((time.monotonic() - self._began) * 1000))

    @property
    def cancelled(self) -> bool:
        """Whether the caller has stopped waiting."""
        return self._cancelled

    @property
    def metadata(self) -> dict[str, str | bytes]:
        """What travelled beside the message, without the engine's own entries; names that end in `-bin` have bytes."""
        entries = self._turn.metadata or ()
        return metadata_of(entry for entry in entries if not entry[0].startswith(RESERVED))

    @property
    def caller(self) -> Caller | None:
        """Who called from outside, through however many actors; None where the call came from this very process."""
        given = next((value for name, value in self._turn.metadata or () if name == CALLER), None)
        return None if given is None else caller_of(given)

    @property
    def reply_metadata(self) -> dict[str, str | bytes]:
        """What is to travel beside the reply: put entries in."""
        if self._answer is None:
            self._answer = {}
        return self._answer

    @property
    def is_tell(self) -> bool:
        """Whether nobody waits for an answer."""
        return not self._turn.ask

    def defer(self) -> ReplyTo:
        """Leaves the ask open, whatever this turn returns; a later turn of this actor or process answers it.

        What is never answered fails when the process ends or the actor leaves memory. An ask with a producer or an
        idempotency key cannot be left open: the turn fails.
        """
        self._turn_id()
        self._deferred = True
        return ReplyTo(self._lane, self._turn.ask, activation=self._turn.activation)

    def reply(self, value: Any = None) -> None:
        """Answers whoever asked now, whatever this turn returns; for one that was told it does nothing."""
        self.defer().reply(value)

    def random(self) -> float:
        """A random number from 0 up to, not including, 1."""
        return (self._draw() >> 11) / (1 << 53)

    def new_id(self) -> uuid.UUID:
        """A random id (UUID version 4)."""
        high, low = self._draw(), self._draw()
        return uuid.UUID(int=high << 64 | low, version=4)

    def _draw(self) -> int:
        """SplitMix64 (Steele, Lea, Flood 2014), the same numbers in every language."""
        seed = self._turn.seed if self._seed is None else self._seed
        self._seed = z = (seed + 0x9E37_79B9_7F4A_7C15) & _MASK
        z = ((z ^ (z >> 30)) * 0xBF58_476D_1CE4_E5B9) & _MASK
        z = ((z ^ (z >> 27)) * 0x94D0_49BB_1331_11EB) & _MASK
        return z ^ (z >> 31)

    @overload
    def actor(self, kind: type[A], key: str) -> A: ...
    @overload
    def actor(self, kind: str, key: str) -> Reference: ...
    def actor(self, kind: type[Actor] | str, key: str) -> Any:
        """A reference for asks from within this turn.

        They inherit the turn's deadline, and a chain of asks that comes back is found: `Deadlock` instead of a hang.
        """
        found = self._lane.by_actor.get(kind)
        return self._lane.reference(kind, key, self) if found is None else found(key, self)

    def _turn_id(self) -> int:
        """The turn that asks or tells; `InvalidArgument` once it is over."""
        if self._is_over:
            raise InvalidArgument(f"the turn of {self._kind}/{self._key} has ended: use the engine's own references")
        return self._turn.id

    def _turn_or_none(self) -> int:
        return 0 if self._is_over else self._turn.id

    def tell(self, method: Callable[P, Coroutine[Any, Any, Any]], /, *args: P.args, **kwargs: P.kwargs) -> None:
        """Sends a message as an effect of this turn: `ctx.tell(ctx.actor(Airport, "SFO").landed, 12)`.

        It leaves when the turn commits, exactly once between durable actors, and not at all when the turn fails. Where
        the reference has metadata (`with_options(metadata=...)`), it travels with the message. Raises `InvalidArgument`
        or `TooLarge` for what cannot be sent, and once the turn has ended.

        Parameters:
            method: a handler of a reference.
            args, kwargs: its message.
        """
        self._tell(*self._lane.message_of(method, args, kwargs))

    def _tell(self, target: TypedReference, table: HandlerTable, payload: bytes) -> None:
        turn = self._turn_id()
        if target._producer is not None or target._idempotency_key is not None:
            raise InvalidArgument("a turn's messages are recognized by themselves: no producer and no key")
        if self._is_process():
            self._lane.tell_actor(target, table, payload, turn)
        else:
            self._note(target._kind.index, table.index, target._key, payload, target._metadata)

    def _leaves_with(self) -> int:
        if self._is_over:
            return 0
        turn = self._turn
        return turn.id if self._lane.kinds[turn.kind].is_process else -1

    def _tell_process(self, kind: int, handler: int, process: int, payload: bytes, metadata: Entries | None) -> None:
        self._note(kind, handler, process, payload, metadata)

    def _note(self, kind: int, handler: int, to: str | int, payload: bytes, metadata: Entries | None) -> None:
        """Sends with the turn's commit."""
        limit = self._lane.message_bytes_max
        if len(payload) > limit:
            raise TooLarge(f"the message has {len(payload)} bytes, the limit is {limit}")
        if len(self._tells) >= TELLS_MAX:
            raise InvalidArgument(f"a turn sends {TELLS_MAX} messages at most")
        self._tells.append((kind, handler, to, payload, metadata))

    def _is_process(self) -> bool:
        return self._lane.kinds[self._turn.kind].is_process

    @property
    def _activation(self) -> int:
        return self._turn.activation

    def _wanted(self) -> bytes | None:
        return None

    def _process(self) -> int:
        if not self._is_process():
            raise InvalidArgument(f"{self._kind}/{self._key} is an actor: this is for processes")
        return int(self._key)

    def _own(self) -> ProcessRef[Any]:
        return self._lane.home.process(self._process(), self._kind)

    def _end(self) -> None:
        self._cancelled = True

    def _reach(self) -> tuple[Lane, Context | None]:
        return self._lane, self

    def passivate(self) -> None:
        """Lets the actor leave memory after this turn; the next message brings it back."""
        self._passivate = True
