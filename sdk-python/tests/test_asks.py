"""Asks and tells from outside: typed and by name, with every option."""

from __future__ import annotations

import asyncio
import inspect
import time
import weakref
from typing import Any

import msgspec
import pytest
from actors import ALL, Counter, Scratch, until

from everact import (
    Actor,
    AlreadyApplied,
    Context,
    DeadlineExceeded,
    Engine,
    InvalidArgument,
    InvalidPayload,
    Reference,
    UnknownHandler,
    UnknownKind,
    handler,
)


class Home(msgspec.Struct):
    zip: int


class Person(msgspec.Struct):
    name: str
    home: Home


class Echo(Actor, transient=True):
    runs: int = 0

    @handler
    async def greet(self, person: Person) -> str:
        self.runs += 1
        return f"hello {person.name}"

    @handler
    async def anything(self, value: Any) -> Any:
        return value

    @handler
    def raw(self, data: bytes) -> bytes:
        return data[::-1]

    @handler
    def nothing(self) -> None:
        return None

    @handler
    def optional(self, amount: int = 7) -> int:
        return amount

    @handler
    def fallible(self, amount: int | None) -> int | None:
        return amount

    @handler
    def count(self) -> int:
        return self.runs

    @handler
    async def sleep(self, ctx: Context) -> None:
        await asyncio.sleep(30)

    @handler
    def misfit(self) -> int:
        return "no number"  # type: ignore[return-value]


async def test_a_coroutine_and_a_plain_handler_answer_alike() -> None:
    async with Engine(actors=ALL) as engine:
        counter = engine.actor(Counter, "a")
        assert await counter.add(2) == 2
        assert await counter.add_plainly(3) == 5
        assert await counter.add_slowly(4) == 9
        assert await counter.add(amount=1) == 10
        assert await counter.get() == 10


async def test_an_actor_is_reached_by_name_too() -> None:
    async with Engine(actors=ALL) as engine:
        counter = engine.actor("counter", "a")
        assert isinstance(counter, Reference)
        assert counter.address == "counter/a"
        assert await counter.ask("add", 5) == 5
        assert await engine.actor(Counter, "a").get() == 5
        assert await counter.method("add")(1) == 6
        with pytest.raises(UnknownHandler, match="counter has no handler vanish"):
            await counter.ask("vanish")
        with pytest.raises(UnknownKind, match="vanish"):
            engine.actor("vanish", "a")


async def test_values_of_all_sorts_come_back_as_they_went() -> None:
    async with Engine(actors=[Echo]) as engine:
        echo = engine.actor(Echo, "ключ/🔑")
        values: tuple[Any, ...] = (None, True, 1.5, "日本語", [1, [2]], {"a": {"b": []}}, "", 2**53)
        for value in values:
            assert await echo.anything(value) == value
        assert await echo.raw(b"\x00\xff\x01") == b"\x01\xff\x00"
        assert await echo.raw(b"") == b""
        large = bytes(range(256)) * 2048
        assert await echo.raw(large) == large[::-1]
        await echo.nothing()
        assert await echo.optional() == 7
        assert await echo.optional(8) == 8
        assert await echo.fallible(None) is None


async def test_a_message_that_does_not_fit_is_named_and_the_handler_does_not_run() -> None:
    async with Engine(actors=[Echo]) as engine:
        echo, by_name = engine.actor(Echo, "a"), engine.actor("echo", "a")
        for message, told in (
            ({"name": "x", "home": {"zip": "y"}}, r"\$\.home\.zip"),
            ({"home": {"zip": 1}}, "missing required field `name`"),
            (7, "person"),
        ):
            with pytest.raises(InvalidPayload, match=told):
                await by_name.ask("greet", message)
        with pytest.raises(InvalidPayload, match="person"):
            await by_name.ask("greet")
        with pytest.raises(InvalidPayload, match="takes no message"):
            await by_name.ask("count", 1)
        with pytest.raises(InvalidPayload, match="greet"):
            await by_name.ask("greet", b"{\xff")
        with pytest.raises(InvalidArgument, match="cannot be encoded"):
            await echo.anything(object())
        with pytest.raises(InvalidPayload, match="reply"):
            await echo.misfit()
        assert await echo.count() == 0
        assert await echo.greet(Person("Ada", Home(1))) == "hello Ada"
        assert await echo.count() == 1


async def test_a_deadline_ends_the_wait_and_the_handler() -> None:
    async with Engine(actors=[Echo]) as engine:
        begin = time.monotonic()
        with pytest.raises(DeadlineExceeded) as caught:
            await engine.actor(Echo, "a").with_options(deadline_ms=50).sleep()
        assert 0.04 < time.monotonic() - begin < 5
        assert caught.value.retryable
        assert await engine.actor(Echo, "a").count() == 0
        with pytest.raises(InvalidArgument, match="deadline_ms"):
            engine.actor(Echo, "a").with_options(deadline_ms=0)


async def test_cancelling_the_caller_cancels_the_handler() -> None:
    async with Engine(actors=[Echo]) as engine:
        asking = asyncio.ensure_future(engine.actor(Echo, "a").sleep())
        await until(lambda: engine.stats()["open_turns"] == 1)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        await until(lambda: engine.stats()["open_turns"] == 0)
        assert await engine.actor(Echo, "a").count() == 0


async def test_wait_for_cancels_an_ask() -> None:
    async with Engine(actors=[Echo]) as engine:
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(engine.actor(Echo, "a").sleep(), 0.03)
        await until(lambda: engine.stats()["open_turns"] == 0)


async def test_a_producers_message_is_applied_once() -> None:
    async with Engine(actors=ALL) as engine:
        counter = engine.actor(Counter, "a")
        assert await counter.with_options(producer="file", sequence=1).add(5) == 5
        assert await counter.with_options(producer="file", sequence=2).add(5) == 10
        with pytest.raises(AlreadyApplied):
            await counter.with_options(producer="file", sequence=1).add(5)
        assert await counter.get() == 10
        with pytest.raises(InvalidArgument, match="belong together"):
            counter.with_options(producer="file")


async def test_an_idempotency_key_gives_the_recorded_reply() -> None:
    async with Engine(actors=ALL) as engine:
        counter = engine.actor(Counter, "a")
        once = counter.with_options(idempotency_key="order-1", keep_ms=60_000)
        assert await once.add(5) == 5
        await counter.add(1)
        assert await once.add(5) == 5
        assert await counter.get() == 6
        with pytest.raises(InvalidArgument, match="either"):
            counter.with_options(idempotency_key="k", producer="p", sequence=1)
        with pytest.raises(InvalidArgument, match="keep_ms"):
            counter.with_options(keep_ms=1)


async def test_a_tell_is_accepted_and_then_handled() -> None:
    async with Engine(actors=ALL) as engine:
        counter = engine.actor(Counter, "a")
        await engine.tell(counter.add, 5)
        await engine.actor("counter", "a").tell("add", 6)
        await until(lambda: _is(counter, 11))
        with pytest.raises(TypeError, match="tell takes a handler"):
            await engine.tell(len, "x")  # type: ignore[arg-type]


async def test_a_handler_of_a_reference_tells() -> None:
    async with Engine(actors=ALL) as engine:
        counter = engine.actor(Counter, "a")
        await counter.add.tell(5)
        await counter.with_options(metadata={"x-a": "b"}).add.tell(amount=6)
        await engine.actor("counter", "a").method("add").tell(7)
        await until(lambda: _is(counter, 18))
        with pytest.raises(TypeError):
            await counter.add.tell(1, 2)  # type: ignore[call-arg]


async def test_a_handler_of_a_reference_is_a_method_to_whoever_looks() -> None:
    async with Engine(actors=ALL) as engine:
        counter = engine.actor(Counter, "a")
        assert str(inspect.signature(counter.add)).startswith("(amount")
        assert inspect.iscoroutinefunction(counter.add)
        assert (counter.add.__name__, counter.add.__doc__) == ("add", "Adds.")  # type: ignore[attr-defined]
        assert counter.add == counter.add
        assert counter.add != engine.actor(Counter, "b").add
        assert len({counter.add, counter.add}) == 1
        assert repr(counter.add) == "<handler Counter.add of <reference to counter/a>>"
        add = counter.add
        assert await add(amount=2) == 2
        gone = weakref.ref(add)
        del add
        assert gone() is None


async def _is(counter: Counter, value: int) -> bool:
    return bool(await counter.get() == value)


async def test_a_thousand_asks_at_once_keep_the_senders_order() -> None:
    async with Engine(actors=ALL) as engine:
        counter, scratch = engine.actor(Counter, "a"), engine.actor(Scratch, "a")
        assert await asyncio.gather(*(counter.add(1) for _ in range(1000))) == list(range(1, 1001))
        assert await asyncio.gather(*(scratch.add(1) for _ in range(1000))) == list(range(1, 1001))


async def test_a_call_with_the_wrong_arguments_is_a_type_error() -> None:
    async with Engine(actors=[Echo]) as engine:
        echo: Any = engine.actor(Echo, "a")
        with pytest.raises(TypeError):
            await echo.greet()
        with pytest.raises(TypeError):
            await echo.greet(1, 2)
        with pytest.raises(TypeError):
            await echo.count(1)
        with pytest.raises(AttributeError):
            echo.runs
        assert repr(echo) == "<reference to echo/a>"


async def test_a_row_of_asks_leaves_the_loop_its_time() -> None:
    async with Engine(actors=ALL) as engine:
        for ask in (engine.actor(Scratch, "a").add, engine.actor("scratch", "b").method("add")):
            over = asyncio.Event()
            asyncio.get_running_loop().call_later(0.02, over.set)
            while not over.is_set():
                await ask(1)


class Ball(Actor, transient=True):
    hits: int = 0

    @handler
    async def hit(self, ctx: Context, to: str) -> None:
        self.hits += 1
        ctx.tell(ctx.actor(Ball, to).hit, ctx.key)

    @handler(read_only=True)
    async def count(self) -> int:
        return self.hits


async def test_actors_that_tell_each_other_for_ever_leave_the_loop_its_time() -> None:
    async with Engine(actors=[Ball]) as engine:
        await engine.actor(Ball, "a").hit("b")
        await asyncio.sleep(0.02)
        assert await engine.actor(Ball, "b").count() > 10
        await engine.close(deadline_ms=100)


class Plain(Actor):
    turns: int = 0

    @handler
    def number(self, number: int) -> int:
        self.turns += 1
        return number

    @handler
    async def text(self, text: str) -> str:
        self.turns += 1
        return text

    @handler
    def flag(self, flag: bool) -> int:
        self.turns += 1
        return "no number" if flag else 0  # type: ignore[return-value]


async def test_plain_messages_and_replies_are_checked_where_they_need_no_decoding(tmp_path: Any) -> None:
    """An actor in memory takes an integer, a text or a boolean as it is given; what does not fit is refused as ever."""
    async with Engine(tmp_path / "data", actors=[Plain]) as engine:
        plain: Any = engine.actor(Plain, "a")
        for number in (0, -1, 10**17, -(10**17), 2**63 - 1, -(2**63)):
            assert await plain.number(number) == number
        for text in ("", "a", "\u00e9\U0001f6eb", "a text of more bytes than an integer has"):
            assert await plain.text(text) == text
        assert await plain.flag(False) == 0
        misfits: dict[Any, tuple[Any, ...]] = {
            plain.number: (2**63, 2**64, -(2**63) - 1, True, 1.5, "1", None),
            plain.text: (1, True, None),
            plain.flag: (0, 1, None, True),
        }
        for ask, wrong in misfits.items():
            for message in wrong:
                with pytest.raises(InvalidPayload):
                    await ask(message)
        with pytest.raises(InvalidArgument):
            await plain.text("\ud800")
