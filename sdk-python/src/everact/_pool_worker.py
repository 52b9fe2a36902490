"""What a process of a pool does: makes an actor of its state, runs one handler, gives back what came of it.

There is no engine here. The context has what the turn's record says, notes what is told, and refuses all that would
need the engine while the handler runs.
"""

from __future__ import annotations

import asyncio
import pickle
import signal
from collections.abc import Awaitable, Callable, Generator
from typing import TYPE_CHECKING, Any, Final, NoReturn

import msgspec

from everact._kinds import ClassTable
from everact._refusal import Refusal
from everact._text import named_text_of, stack_of, text_of
from everact.application import ApplicationError, outcome_of
from everact.context import Context
from everact.errors import HandlerFailed, InvalidArgument, InvalidPayload

if TYPE_CHECKING:
    from everact.actor import Actor

_TABLES: Final[dict[type[Any], ClassTable]] = {}


class Work(msgspec.Struct, frozen=True):
    """A turn, as it is sent to the pool."""

    declared: type[Any]
    kind: str
    handler: str
    key: str
    state: bytes
    payload: bytes
    ask: int
    seed: int
    now_ms: int
    revision: int
    remaining_ms: int
    metadata: list[tuple[str, bytes]]
    sender: str | None

    @property
    def id(self) -> int:
        """No turn of this process: what needs one is refused."""
        return 0


class Told(msgspec.Struct, frozen=True):
    """A message that leaves with the turn."""

    kind: Any
    key: str
    handler: str
    args: tuple[Any, ...]
    kwargs: dict[str, Any]


class Returned(msgspec.Struct, frozen=True):
    """What came of a turn that went well."""

    reply: bytes
    state: bytes
    told: list[Told]
    answer: dict[str, str | bytes] | None
    passivate: bool


class Failed(msgspec.Struct, frozen=True):
    """What was thrown: the error's number and text, and where."""

    code: int
    text: str
    stack: str


def begin() -> None:
    """As a process of the pool begins: whoever presses Ctrl-C means the program, which ends its pools."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def run(work: Work) -> Returned | Failed:
    """Runs a turn. Whatever the handler does, this returns, unless the process ends."""
    try:
        done = _run(work)
        pickle.dumps(done)  # what cannot travel is the handler's fault, and fails its turn only
        return done
    except BaseException as error:
        code, text = HandlerFailed.code, named_text_of(error)
        if isinstance(error, ApplicationError):
            code, told = outcome_of(error)
            text = told.decode("utf-8", "replace")
        elif isinstance(error, Refusal):
            code, text = error.code, error.text
        elif type(error) is InvalidPayload:
            code, text = error.code, text_of(error)
        return Failed(code, text, f"{stack_of(error)}{named_text_of(error)}")


def _run(work: Work) -> Returned:
    table = _TABLES.get(work.declared) or _table(work.declared)
    handler = next(one for one in table.handlers if one.attribute == work.handler)
    actor = table.state.decode(work.state)
    context = PoolContext(work)
    value = handler.invoke(actor, handler.message(work.payload), context)
    if handler.is_coroutine:
        value = asyncio.run(_awaited(value))
    context._is_over = True
    try:
        state = table.state.encode(actor)
    except Exception as error:
        raise table.state.fit.misfit(actor, error) from None
    if state != work.state:
        state = table.state.fit.check(actor, state)
    return Returned(handler.encode_reply(value), state, context.told, context._answer, context._passivate)


async def _awaited(value: Any) -> Any:
    return await value


def _table(declared: type[Any]) -> ClassTable:
    from everact._home import Home

    table = _TABLES[declared] = ClassTable(0, declared, Home())
    return table


class PoolContext(Context):
    """The context of a turn in a pool."""

    def __init__(self, work: Work) -> None:
        """Of the turn that was sent here."""
        super().__init__(None, work, work.kind, work.key)  # type: ignore[arg-type]
        self.told: list[Told] = []
        self._sender = work.sender

    @property
    def sender(self) -> str | None:
        """Who sent the message, as text."""
        return self._sender

    def actor(self, kind: type[Actor] | str, key: str) -> Any:
        """A reference that takes tells."""
        return PoolReference(self, kind, key)

    def tell(self, method: Callable[..., Any], /, *args: Any, **kwargs: Any) -> None:
        """Tells with the turn's commit."""
        if type(method) is not PoolHandler:
            raise TypeError("tell takes a handler of a reference and its message: tell(reference.landed, 12)")
        method.tell(*args, **kwargs)

    def note(self, told: Told) -> None:
        """Keeps a message until the turn has ended."""
        if self._is_over:
            raise InvalidArgument(f"the turn of {self._kind}/{self._key} has ended")
        self.told.append(told)

    def _turn_id(self) -> int:
        refuse("this")

    def _reach(self) -> NoReturn:
        refuse("this")

    def _place(self) -> NoReturn:
        refuse("this")

    def _is_process(self) -> bool:
        return False


class PoolReference:
    """A reference within a turn in a pool."""

    def __init__(self, context: PoolContext, kind: type[Actor] | str, key: str) -> None:
        """Made by the context."""
        self._context, self._kind, self._key = context, kind, key

    def __getattr__(self, name: str) -> PoolHandler:
        """A handler by the name of its method."""
        if name.startswith("__"):
            raise AttributeError(name)
        return PoolHandler(self._context, self._kind, self._key, name)

    def tell(self, handler: str, *message: Any) -> Awaitable[None]:
        """Tells by the handler's name, with the turn's commit."""
        self._context.note(Told(self._kind, self._key, handler, message, {}))
        return _Noted()

    def ask(self, handler: str, *_message: Any) -> NoReturn:
        """Refuses."""
        refuse(f"asking {handler}")

    def with_options(self, **_options: Any) -> NoReturn:
        """Refuses."""
        refuse("with_options")


class PoolHandler:
    """A handler of such a reference."""

    def __init__(self, context: PoolContext, kind: type[Actor] | str, key: str, name: str) -> None:
        """Made by the reference."""
        self._context, self._kind, self._key, self._name = context, kind, key, name

    def __call__(self, *_args: Any, **_kwargs: Any) -> NoReturn:
        """Refuses."""
        refuse(f"asking {self._name}")

    def tell(self, *args: Any, **kwargs: Any) -> Awaitable[None]:
        """Tells with the turn's commit."""
        self._context.note(Told(self._kind, self._key, self._name, args, kwargs))
        return _Noted()


class _Noted:
    """What a tell gives: there is nothing to wait for."""

    def __await__(self) -> Generator[None, None, None]:
        """Ends at once."""
        yield from ()


def refuse(what: str) -> NoReturn:
    """Says what a handler in a pool cannot do."""
    raise InvalidArgument(
        f"{what} cannot be done in a pool, where there is no engine: a handler there has its state, its message and "
        "what its context says; it may tell, and it asks nobody"
    )
