"""Actors that misbehave on purpose: errors, replies, messages and hooks that an engine must survive."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any
from uuid import UUID

import msgspec
from catalogue import Counter
from catalogue_narrow import Echo
from shared import NOTES, Exposed, gate

from everact import Context, EveractError, handler

HUGE = 50_000_000
LONE = "a\ud800"
"""A text that has no UTF-8."""


class TextThrows(Exception):
    """Cannot be asked for its text."""

    def __str__(self) -> str:
        raise ValueError("no text")

    __repr__ = __str__


class TextNotText(Exception):
    """Its text is a number."""

    def __str__(self) -> str:
        return 5  # type: ignore[return-value]


class _Nameless(type):
    """The type of a type that does not say its name."""

    @property
    def __name__(cls) -> str:  # type: ignore[override]
        raise ValueError("no name")


class TypeThrows(Exception, metaclass=_Nameless):
    """Its type cannot be asked for its name."""


class NotAnError(BaseException):
    """What may be raised and is no `Exception`."""


class Proxy(Exception):
    """Nothing of it can be read."""

    def __getattribute__(self, name: str) -> Any:
        raise ValueError(f"no {name}")


def _cause_is_itself() -> None:
    error = RuntimeError("goes round")
    error.__cause__ = error
    raise error


def _recursion() -> int:
    return _recursion() + 1


def _raise(error: BaseException) -> None:
    raise error


WAYS: dict[str, Callable[[], Any]] = {
    "text_throws": lambda: _raise(TextThrows()),
    "text_not_utf8": lambda: _raise(RuntimeError("caf\udce9")),
    "text_huge": lambda: _raise(RuntimeError("x" * HUGE)),
    "text_not_text": lambda: _raise(TextNotText()),
    "type_throws": lambda: _raise(TypeThrows()),
    "cause_is_itself": _cause_is_itself,
    "not_an_error": lambda: _raise(NotAnError()),
    "nothing": lambda: _raise(StopIteration()),
    "exit": lambda: _raise(SystemExit(3)),
    "cancelled": lambda: _raise(asyncio.CancelledError()),
    "recursion": _recursion,
    "proxy": lambda: _raise(Proxy()),
}
"""How a handler may fail (tests/conformance/README.md)."""


class Unencodable(UUID):
    """An id whose digits cannot be read."""

    def __init__(self) -> None: ...

    def __getattribute__(self, name: str) -> Any:
        raise ValueError(f"no {name}")


def unencodable(way: str) -> Any:
    """A value that has no encoding."""
    match way:
        case "not_json":
            return object()
        case "throws":
            return Unencodable()
        case "nan":
            return float("nan")
        case "infinity":
            return [float("inf")]
        case "cycle":
            return cycle()
        case "not_unicode":
            return LONE
        case "deep":
            return levels(10_000)
    raise LookupError(way)


def cycle() -> list[Any]:
    """A list that holds itself."""
    made: list[Any] = []
    made.append(made)
    return made


def levels(count: int) -> list[Any]:
    """A list within a list, so many of them."""
    made: list[Any] = []
    for _ in range(count - 1):
        made = [made]
    return made


class Call(msgspec.Struct):
    """Which call of a context to make, and whether to catch what comes."""

    way: str
    catches: bool


KEYS = {"bad_key": LONE, "empty_key": "", "long_key": "k" * 1025}
PAYLOADS: dict[str, Callable[[], Any]] = {
    "bad_payload": Unencodable,
    "nan": lambda: float("nan"),
    "cycle": cycle,
    "deep": lambda: levels(200),
}
RESERVED = {"everact-caller": "x"}

_LATE: set[asyncio.Task[None]] = set()


class Culprit(Exposed):
    """Durable, counts, and misbehaves on demand."""

    value: int = 0

    @handler
    def add(self, amount: int) -> int:
        """Adds."""
        self.value += amount
        return self.value

    @handler(read_only=True)
    def get(self) -> int:
        """The value."""
        return self.value

    @handler
    def misbehave(self, way: str) -> int:
        """Adds one and fails."""
        self.value += 1
        WAYS[way]()
        return self.value

    @handler
    async def misbehave_later(self, way: str) -> int:
        """Adds one, waits and fails."""
        self.value += 1
        await asyncio.sleep(0.001)
        WAYS[way]()
        return self.value

    @handler
    def reply_with(self, way: str) -> Any:
        """Adds one and replies what has no encoding."""
        self.value += 1
        return unencodable(way)

    @handler
    async def call(self, ctx: Context, call: Call) -> str:
        """Adds one and makes a call that cannot be carried out."""
        self.value += 1
        try:
            await _call(ctx, call.way)
        except EveractError as error:
            if not call.catches:
                raise
            return error.name
        return "none"

    @handler
    async def tell_late(self, ctx: Context, key: str) -> None:
        """Tells after its turn."""
        _later(_tell_late(ctx, key))

    @handler
    async def ask_late(self, ctx: Context, key: str) -> None:
        """Asks after its turn."""
        _later(_ask_late(ctx, key))


async def _call(ctx: Context, way: str) -> None:
    verb, _, fault = way.partition("_")
    if fault == "reserved":
        target = ctx.actor(Counter, "a").with_options(metadata=RESERVED).add
        message: Any = 1
    elif fault in KEYS:
        target, message = ctx.actor(Counter, KEYS[fault]).add, 1
    else:
        target, message = ctx.actor(Echo, "a").echo, PAYLOADS[fault]()
    if verb == "tell":
        ctx.tell(target, message)
    else:
        await target(message)


def _later(work: Any) -> None:
    task = asyncio.get_running_loop().create_task(work)
    _LATE.add(task)
    task.add_done_callback(_LATE.discard)


async def _tell_late(ctx: Context, key: str) -> None:
    await gate("late").passed()
    try:
        ctx.tell(ctx.actor(Counter, key).add, 1)
    except EveractError as error:
        NOTES[f"late tell: {error.name}"] += 1
    else:
        NOTES["late tell: none"] += 1


async def _ask_late(ctx: Context, key: str) -> None:
    await gate("late").passed()
    try:
        await ctx.actor(Counter, key).add(1)
    except EveractError as error:
        NOTES[f"late ask: {error.name}"] += 1
    else:
        NOTES["late ask: none"] += 1


class Glass(msgspec.Struct):
    """Cannot be made while switch `cracked` is on."""

    n: int = 0

    def __post_init__(self) -> None:
        if gate("cracked").is_open:
            raise ValueError("cracked")


class Brittle(Exposed):
    """Durable; its state can at times not be read."""

    glass: Glass = msgspec.field(default_factory=Glass)

    @handler
    def add(self, amount: int) -> int:
        """Adds."""
        self.glass.n += amount
        return self.glass.n

    @handler(read_only=True)
    def get(self) -> int:
        """The count."""
        return self.glass.n

    @handler
    def add_then_crack(self, amount: int) -> int:
        """Adds and throws, and nothing can be read from now on."""
        self.glass.n += amount
        gate("cracked").open()
        raise RuntimeError("boom")


class Moody(Exposed, idle_timeout_ms=150):
    """Durable; its hooks fail as its key says while switch `moody` is on."""

    value: int = 0

    def activated(self, ctx: Context) -> None:
        """Notes, and perhaps fails."""
        _hook("activated", ctx.key)

    def passivating(self, ctx: Context) -> None:
        """Notes, and perhaps fails."""
        _hook("passivating", ctx.key)

    @handler
    def add(self, amount: int) -> int:
        """Adds."""
        self.value += amount
        return self.value

    @handler(read_only=True)
    def get(self) -> int:
        """The value."""
        return self.value

    @handler
    def leave(self, ctx: Context) -> None:
        """Leaves memory."""
        ctx.passivate()


def _hook(name: str, key: str) -> None:
    NOTES[f"{name} moody/{key}"] += 1
    hook, _, way = key.partition(":")
    if hook == name and gate("moody").is_open:
        WAYS[way]()
