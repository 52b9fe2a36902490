"""A turn always ends: whatever user code does, there is one answer, the next ask works, and closing is prompt.

Handlers misbehave in every way that Python knows: by what they raise, by what they return, by what they leave in the
state, by what their errors, codecs and objects do when something looks at them.
"""

from __future__ import annotations

import asyncio
import builtins
import contextlib
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from actors import Counter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from everact import (
    Actor,
    ApplicationError,
    Context,
    Engine,
    EveractError,
    HandlerFailed,
    InvalidArgument,
    InvalidPayload,
    handler,
)

SURROGATE = "caf\udce9"


class TextRaises(Exception):
    def __str__(self) -> str:
        raise ZeroDivisionError


class TextExits(Exception):
    def __str__(self) -> str:
        sys.exit(4)


class TextRecurs(Exception):
    def __str__(self) -> str:
        return str(self)


class TextIsNoText(Exception):
    def __str__(self) -> str:
        return 5  # type: ignore[return-value]


class LyingText(str):
    def encode(self, *_: Any) -> bytes:
        raise KeyError("encode")

    def __len__(self) -> int:
        raise KeyError("len")

    def __getitem__(self, _: Any) -> str:
        raise KeyError("item")

    def __format__(self, _: str) -> str:
        raise KeyError("format")


class TextLies(Exception):
    def __str__(self) -> str:
        return LyingText("a lie")


class NameRaises(type):
    @property
    def __name__(cls) -> str:  # type: ignore[override]
        raise ZeroDivisionError

    def __getattribute__(cls, name: str) -> Any:
        if name in ("__name__", "code", "__mro__"):
            raise ZeroDivisionError
        return super().__getattribute__(name)


class ClassRaises(Exception, metaclass=NameRaises):
    @property  # type: ignore[misc]
    def __class__(self) -> type:
        raise ZeroDivisionError


class OwnBase(BaseException):
    pass


class CauseRaises(Exception):
    @property
    def __cause__(self) -> BaseException:  # type: ignore[override]
        raise ZeroDivisionError

    @property
    def __traceback__(self) -> Any:  # type: ignore[override]
        raise ZeroDivisionError


class Refused(ApplicationError, status=422):
    why: Any


def cyclic() -> list[Any]:
    made: list[Any] = []
    made.append(made)
    return made


def deep() -> list[Any]:
    made: list[Any] = []
    for _ in range(100_000):
        made = [made]
    return made


class Hostile:
    """An object that fails whoever looks at it."""

    def __getattribute__(self, name: str) -> Any:
        raise OwnBase(name)

    def __repr__(self) -> str:
        raise OwnBase

    def __eq__(self, other: object) -> bool:
        raise OwnBase

    __hash__ = None  # type: ignore[assignment]


@dataclass
class PostRaises:
    """A message and state whose construction fails."""

    how: int = 0

    def __post_init__(self) -> None:
        if self.how == 1:
            raise TextRaises
        if self.how == 2:
            raise OwnBase("base")
        if self.how == 3:
            raise SystemExit(3)


ERRORS: list[Callable[[], BaseException]] = [
    TextRaises,
    TextExits,
    TextRecurs,
    TextIsNoText,
    TextLies,
    ClassRaises,
    CauseRaises,
    lambda: OwnBase("base"),
    lambda: ValueError(SURROGATE),
    lambda: ValueError("x" * 5_000_000),
    lambda: ValueError(Hostile()),
    lambda: getattr(builtins, "ExceptionGroup", ValueError)("many", [ValueError(1)]),
    lambda: SystemExit(3),
    GeneratorExit,
    StopIteration,
    StopAsyncIteration,
    asyncio.CancelledError,
    RecursionError,
    MemoryError,
    lambda: InvalidPayload("not of this turn"),
    lambda: EveractError(SURROGATE),
    lambda: Refused("no", why=Hostile()),
    lambda: Refused(SURROGATE, why=1),
    lambda: Refused("long", why="x" * 100_000),
    lambda: Refused("deep", why=cyclic()),
    lambda: ApplicationError(),
]
VALUES: list[Callable[[], Any]] = [
    lambda: 5 / 2,
    lambda: None,
    lambda: float("nan"),
    lambda: SURROGATE,
    cyclic,
    deep,
    Hostile,
    lambda: object(),
    lambda: {1, 2},
    lambda: {(1, 2): 3},
    lambda: 10**30,
    lambda: 1j,
    lambda: iter(()),
    lambda: asyncio.sleep(0),
]
KEYS: list[Any] = ["", "x" * 1025, SURROGATE, 5, None, b"bytes", Hostile()]


class Wild(Actor):
    """Misbehaves as it is asked to."""

    count: int = 0
    anything: Any = None
    texts: list[str] = []
    made: PostRaises | None = None

    @handler
    def raise_at_once(self, number: int) -> int:
        self.count += 1
        raise ERRORS[number]()

    @handler
    async def raise_in_coroutine(self, number: int) -> int:
        self.count += 1
        raise ERRORS[number]()

    @handler
    async def raise_later(self, number: int) -> int:
        self.count += 1
        await asyncio.sleep(0)
        raise ERRORS[number]()

    @handler(read_only=True)
    def raise_reading(self, number: int) -> int:
        raise ERRORS[number]()

    @handler
    def reply_with(self, number: int) -> Any:
        self.count += 1
        return VALUES[number]()

    @handler
    async def reply_later_with(self, number: int) -> int:
        self.count += 1
        await asyncio.sleep(0)
        return VALUES[number]()  # type: ignore[no-any-return]

    @handler
    def store(self, number: int) -> None:
        self.anything = VALUES[number]()

    @handler
    async def store_as_count(self, number: int) -> None:
        self.count = VALUES[number]()

    @handler
    def store_among_texts(self, number: int) -> None:
        self.texts.append(VALUES[number]())

    @handler
    async def store_and_raise(self, ctx: Context, number: int) -> None:
        self.count = self.anything = VALUES[number]()
        self.texts = None  # type: ignore[assignment]
        await asyncio.sleep(0)
        raise ValueError("after")

    @handler(read_only=True)
    def store_reading(self, number: int) -> None:
        self.anything = VALUES[number]()

    @handler
    async def store_then_come_back(self, ctx: Context, number: int) -> int:
        self.anything = VALUES[number]()
        return await ctx.actor(Wild, ctx.key).come_back()

    @handler(reentrant=True)
    async def come_back(self) -> int:
        return 1

    @handler
    def tell_to(self, ctx: Context, number: int) -> None:
        self.count += 1
        ctx.tell(ctx.actor(Counter, KEYS[number]).add, 1)

    @handler
    async def ask_by_name(self, ctx: Context, number: int) -> Any:
        self.count += 1
        return await ctx.actor("counter", KEYS[number]).ask("add", 1)

    @handler
    def tell_what(self, ctx: Context, number: int) -> None:
        ctx.tell(ctx.actor(Counter, "a").add, VALUES[number]())

    @handler
    def answer_beside(self, ctx: Context, number: int) -> int:
        ctx.reply_metadata["x"] = VALUES[number]()
        return 1

    @handler
    def take(self, given: PostRaises) -> int:
        return given.how

    @handler(reentrant=True)
    async def refuse_to_end(self, number: int) -> int:
        for _ in range(3):
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.sleep(0)
                raise ERRORS[number]()
        return 1

    @handler(read_only=True)
    def get(self) -> int:
        return self.count


ASKS: list[tuple[str, int]] = [
    *(
        (name, len(ERRORS))
        for name in ("raise_at_once", "raise_in_coroutine", "raise_later", "raise_reading", "refuse_to_end")
    ),
    *(
        (name, len(VALUES))
        for name in (
            "reply_with",
            "reply_later_with",
            "store",
            "store_as_count",
            "store_among_texts",
            "store_and_raise",
            "store_reading",
            "store_then_come_back",
            "tell_what",
            "answer_beside",
        )
    ),
    *((name, len(KEYS)) for name in ("tell_to", "ask_by_name")),
    ("take", 4),
]
EVERY = [(name, number) for name, count in ASKS for number in range(count)]


async def one_answer(wild: Wild, name: str, number: int) -> Any:
    """The outcome of a turn that misbehaves: a reply, or an error of ours."""
    message: Any = {"how": number} if name == "take" else number
    try:
        return await asyncio.wait_for(_by_name(wild).ask(name, message), 20)
    except EveractError as error:
        return error


def _by_name(wild: Any) -> Any:
    from everact.reference import Reference

    return Reference(wild)


async def closes_promptly(engine: Engine) -> None:
    """A turn that never ended would hold the engine until the deadline."""
    began = time.monotonic()
    await engine.close(60_000)
    assert time.monotonic() - began < 50


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(asks=st.lists(st.sampled_from(EVERY), min_size=1, max_size=12), told=st.booleans())
def test_a_turn_always_ends(asks: list[tuple[str, int]], told: bool) -> None:
    async def run() -> None:
        engine = await Engine.in_memory(actors=[Wild, Counter]).open()
        wild = engine.actor(Wild, "a")
        for name, number in asks:
            if told and name != "take":
                await _by_name(wild).tell(name, number)
            answer = await one_answer(wild, name, number)
            assert not isinstance(answer, EveractError) or len(answer.message) < 100_000
            assert type(await asyncio.wait_for(wild.get(), 20)) is int
        await closes_promptly(engine)

    asyncio.run(run())


@pytest.mark.parametrize("name", [name for name, _ in ASKS])
def test_each_misbehaviour_has_one_answer(name: str, tmp_path: Any) -> None:
    """Each once on a folder, and what was acknowledged is there after a restart."""

    async def run() -> None:
        count = dict(ASKS)[name]
        async with Engine(tmp_path, actors=[Wild, Counter]) as engine:
            for number in range(count):
                wild = engine.actor(Wild, f"k{number}")
                await one_answer(wild, name, number)
                before = await asyncio.wait_for(wild.get(), 20)
                await one_answer(wild, "raise_later", 0)
                assert await asyncio.wait_for(wild.get(), 20) == before
        async with Engine(tmp_path, actors=[Wild, Counter]) as engine:
            for number in range(count):
                assert type(await engine.actor(Wild, f"k{number}").get()) is int

    asyncio.run(run())


async def test_errors_whose_text_cannot_be_read_are_handler_failures() -> None:
    async with Engine.in_memory(actors=[Wild, Counter]) as engine:
        wild = engine.actor(Wild, "a")
        for number, told in (
            (0, "TextRaises: its text"),
            (4, "TextLies: a lie"),
            (5, "ClassRaises: "),
            (8, r"ValueError: caf\\udce9"),
        ):
            with pytest.raises(HandlerFailed, match=told):
                await wild.raise_later(number)
        with pytest.raises(HandlerFailed, match="5000000 characters in all"):
            await wild.raise_at_once(9)
        assert await wild.get() == 0


async def test_json_that_is_too_deep_is_an_invalid_payload() -> None:
    async with Engine.in_memory(actors=[Wild, Counter]) as engine:
        wild = _by_name(engine.actor(Wild, "a"))
        for depth in (2_000, 200_000):
            with pytest.raises(InvalidPayload):
                await wild.ask("take", b'{"x":' + b"[" * depth + b"]" * depth + b"}")
        assert await wild.ask("get") == 0


@pytest.mark.parametrize("key", KEYS[:-1], ids=lambda key: repr(key)[:20])
async def test_what_is_no_key_is_refused_at_the_call(key: Any) -> None:
    async with Engine.in_memory(actors=[Wild, Counter]) as engine:
        for kind in (Counter, "counter"):
            with pytest.raises(InvalidArgument, match="key"):
                engine.actor(kind, key)


class Straggler(Actor):
    """Leaves tasks behind."""

    value: int = 0

    @handler
    async def leave(self, ctx: Context, what: str) -> None:
        other = ctx.actor(Counter, "a")

        async def late() -> str:
            await asyncio.sleep(0.01)
            try:
                if what == "tell":
                    ctx.tell(other.add, 1)
                elif what == "ask":
                    await other.add(1)
                else:
                    self.value = 99
            except Exception as error:
                return f"{type(error).__name__}: {error}"
            return "done"

        LATE.append(asyncio.ensure_future(late()))

    @handler(read_only=True)
    def get(self) -> int:
        return self.value

    @handler
    def add(self) -> int:
        self.value += 1
        return self.value


LATE: list[asyncio.Future[str]] = []


async def test_a_context_whose_turn_has_ended_refuses_to_tell_and_ask() -> None:
    async with Engine.in_memory(actors=[Straggler, Counter]) as engine:
        for what in ("tell", "ask"):
            await engine.actor(Straggler, "a").leave(what)
            assert (await LATE.pop()).startswith("InvalidArgument: the turn of straggler/a has ended")
        assert await engine.actor(Counter, "a").get() == 0


async def test_a_write_from_a_task_that_outlives_its_turn_is_undone_and_nobody_is_blamed(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with Engine.in_memory(actors=[Straggler, Counter]) as engine:
        straggler = engine.actor(Straggler, "a")
        assert await straggler.add() == 1
        await straggler.leave("write")
        assert await LATE.pop() == "done"
        assert await straggler.get() == 1
        assert await straggler.add() == 2
    assert "straggler/a was changed outside of its turns" in caplog.text


async def test_a_turn_whose_object_is_lost_is_completed_all_the_same() -> None:
    """As a KeyboardInterrupt between two lines would lose it."""
    async with Engine.in_memory(actors=[Wild, Counter]) as engine:
        counter = engine.actor(Counter, "a")
        assert await counter.add(1) == 1
        lane: Any = engine._lane

        def lose(_: Any) -> Any:
            raise OwnBase

        run, lane.run = lane.run, lose
        with contextlib.suppress(OwnBase):
            await _by_name(counter).ask("add", 1)
        lane.run = run
        assert await asyncio.wait_for(counter.add(1), 10) == 2


async def test_bounds_of_ask_options_are_the_same_in_every_language() -> None:
    async with Engine.in_memory(actors=[Counter]) as engine:
        counter = engine.actor(Counter, "a")
        for keep in (0, -1, 2**32 - 1, 2**40, 1.5, float("inf"), True, "1"):
            with pytest.raises(InvalidArgument, match="keep_ms is a whole number from 1 to 4294967294"):
                counter.with_options(idempotency_key="k", keep_ms=keep)  # type: ignore[arg-type]
        for keep in (1, 2**32 - 2):
            assert await counter.with_options(idempotency_key=f"k{keep}", keep_ms=keep).add(0) == 0
        for options in ({"idempotency_key": SURROGATE}, {"idempotency_key": ""}, {"producer": 5, "sequence": 1}):
            with pytest.raises(InvalidArgument):
                counter.with_options(**options)
        for sequence in (-1, 2**63, 0.5):
            with pytest.raises(InvalidArgument, match="sequence"):
                counter.with_options(producer="p", sequence=sequence)  # type: ignore[arg-type]


def test_another_loop_is_an_error_before_any_effect(tmp_path: Any) -> None:
    async def opened() -> Engine:
        engine = await Engine(tmp_path, actors=[Counter]).open()
        assert await engine.actor(Counter, "a").add(1) == 1
        return engine

    first = asyncio.new_event_loop()
    engine = first.run_until_complete(opened())

    async def elsewhere() -> None:
        with pytest.raises(InvalidArgument, match="another event loop"):
            await engine.actor(Counter, "a").add(1)
        with pytest.raises(InvalidArgument, match="another event loop"):
            await engine.tell(engine.actor(Counter, "a").add, 1)
        with pytest.raises(InvalidArgument, match="another event loop"):
            await engine.close()

    asyncio.run(elsewhere())
    assert first.run_until_complete(engine.actor(Counter, "a").get()) == 1
    first.run_until_complete(engine.close())
    first.close()


async def test_a_finalizer_that_uses_the_engine_does_not_deadlock() -> None:
    """Python 3.10 and 3.11 may run the garbage collector wherever an object is made, so also within the core (D25).

    The lists that `poll` gives are kept, so that Python has no used ones left and makes each anew: within the core, and
    nothing else is made in that loop. Later versions collect between two instructions of Python only.
    """
    import gc

    async with Engine.in_memory(actors=[Counter]) as engine:
        core, finalized, is_quiet, is_over = engine._open_lane().core, 0, True, False

        class Loop:
            def __init__(self) -> None:
                self.me = self

            def __del__(self) -> None:
                nonlocal finalized
                if not is_over:
                    finalized += 1
                    engine.stats()
                    if is_quiet:  # later there are events, which are the lane's to take
                        core.poll()
                    Loop()  # for the next collection

        kept, thresholds = [], gc.get_threshold()
        gc.set_threshold(1, 1, 1)
        try:
            Loop()
            for _ in range(500):
                kept.append(core.poll())
            assert finalized > 100
            is_quiet = False
            for number in range(200):
                await engine.actor(Counter, f"k{number % 7}").add(1)
                await engine.actor("counter", f"k{number % 7}").ask("get")
        finally:
            is_over = True
            gc.set_threshold(*thresholds)
