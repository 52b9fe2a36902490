"""Told messages: what travels beside them, what becomes of them when they fail, and streams of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from actors import ALL, until

import everact
from everact import (
    Actor,
    AlreadyApplied,
    ApplicationError,
    Context,
    Engine,
    HandlerFailed,
    InvalidArgument,
    Retry,
    TooLarge,
    handler,
)


class Refused(ApplicationError):
    pass


SWITCH: dict[str, bool] = {}
TRIED: list[str] = []
QUICK = Retry(attempts_max=3, first_wait_ms=5, wait_max_ms=10, jitter=0, not_retried=[KeyError])


class Ledger(Actor):
    """Takes messages, some of which fail."""

    entries: list[str] = []

    @handler(retry=QUICK)
    def take(self, text: str) -> int:
        TRIED.append(text)
        if text.startswith("bad") and not SWITCH.get("mended"):
            raise ValueError(text)
        if text.startswith("never"):
            raise KeyError(text)
        if text.startswith("no"):
            raise Refused(text)
        self.entries.append(text)
        return len(self.entries)

    @handler
    def note_trip(self, ctx: Context) -> None:
        self.entries.append(f"{ctx.metadata.get('x-trip')!s} from {ctx.sender}")

    @handler(read_only=True)
    def all_entries(self) -> list[str]:
        """All entries, in their order."""
        return self.entries


class Sending(msgspec.Struct):
    to: str
    texts: list[str]


class Sender(Actor):
    sent: int = 0

    @handler
    def send(self, ctx: Context, sending: Sending) -> None:
        for text in sending.texts:
            ctx.tell(ctx.actor(Ledger, sending.to).take, text)
        self.sent += len(sending.texts)

    @handler
    def send_beside(self, ctx: Context, trip: str) -> None:
        ledger = ctx.actor(Ledger, "l")
        ctx.tell(ledger.with_options(metadata={"x-trip": trip}).note_trip)

    @handler
    def send_wrongly(self, ctx: Context, how: str) -> str:
        ledger = ctx.actor(Ledger, "l")
        try:
            if how == "producer":
                ctx.tell(ledger.with_options(producer="p", sequence=1).take, "x")
            elif how == "large":
                ctx.tell(ledger.take, "x" * 2_000_000)
            elif how == "reserved":
                ctx.tell(ledger.with_options(metadata={"everact-caller": "x"}).take, "x")
        except (InvalidArgument, TooLarge) as error:
            return type(error).__name__
        return "sent"


KINDS: list[type[Actor]] = [Ledger, Sender, *ALL]


@pytest.fixture(autouse=True)
def _fresh() -> None:
    SWITCH.clear()
    TRIED.clear()


async def entries(engine: Engine, key: str = "l") -> list[str]:
    return await engine.actor(Ledger, key).all_entries()


async def test_metadata_travels_with_a_tell(tmp_path: Path) -> None:
    async with Engine(tmp_path, actors=KINDS) as engine:
        await engine.actor(Sender, "s").send_beside("SFO")
        await until(lambda: _has(engine, ["SFO from sender/s"]))
        outside = engine.actor(Ledger, "l").with_options(metadata={"x-trip": "JFK"})
        await engine.tell(outside.note_trip)
        await until(lambda: _has(engine, ["SFO from sender/s", "JFK from None"]))


async def _has(engine: Engine, expected: list[str]) -> bool:
    return await entries(engine) == expected


async def test_what_a_turn_cannot_send_is_refused_at_the_call(tmp_path: Path) -> None:
    async with Engine(tmp_path, actors=KINDS, options=everact.Options(message_bytes_max=1_000_000)) as engine:
        sender = engine.actor(Sender, "s")
        assert await sender.send_wrongly("producer") == "InvalidArgument"
        assert await sender.send_wrongly("reserved") == "InvalidArgument"
        assert await sender.send_wrongly("large") == "TooLarge"


async def test_a_told_message_that_fails_is_tried_again_and_then_a_dead_letter(tmp_path: Path) -> None:
    async with Engine(tmp_path, actors=KINDS) as engine:
        await engine.actor(Sender, "s").send(Sending("l", ["a", "bad", "never", "no", "b"]))
        await until(lambda: _has(engine, ["a", "b"]))
        assert TRIED == ["a", "bad", "bad", "bad", "never", "no", "b"]
        letters = await engine.dead_letters()
        assert [(one.address, one.handler, one.sender, one.attempts) for one in letters] == [
            ("ledger/l", "take", "sender/s", 3),
            ("ledger/l", "take", "sender/s", 1),
            ("ledger/l", "take", "sender/s", 1),
        ]
        assert [one.error for one in letters] == ["HandlerFailed", "HandlerFailed", "ApplicationError"]
        assert letters[0].text == "ValueError: bad"
        assert await engine.dead_letters(kind="ledger", key="other") == []
    async with Engine(tmp_path, actors=KINDS) as engine:
        first, second, third = await engine.dead_letters(kind="ledger")
        assert (await engine.dead_letter(first.id)).message == "bad"
        SWITCH["mended"] = True
        await engine.retry_dead_letter(first)
        await until(lambda: _has(engine, ["a", "b", "bad"]))
        await engine.retry_dead_letter(second.id, "good")
        await until(lambda: _has(engine, ["a", "b", "bad", "good"]))
        await engine.drop_dead_letter(third)
        assert await engine.dead_letters() == []
        with pytest.raises(InvalidArgument, match="dead letter"):
            await engine.drop_dead_letter(third)


async def test_decisions_can_be_made_over_a_connection(tmp_path: Path) -> None:
    async with (
        Engine(
            tmp_path, actors=KINDS, listen="127.0.0.1:0", options=everact.Options(gateway={"control": True})
        ) as engine,
        everact.connect(f"http://{engine.address}", actors=KINDS) as connection,
    ):
        await engine.actor(Sender, "s").send(Sending("l", ["bad"]))
        await until(lambda: connection.dead_letters())
        [letter] = await connection.dead_letters()
        await connection.retry_dead_letter(letter, "good")
        await until(lambda: _has(engine, ["good"]))


async def test_what_runs_is_seen_from_here_and_over_a_connection() -> None:
    options = everact.Options(gateway={"control": True})
    async with (
        Engine.in_memory(actors=KINDS, listen="127.0.0.1:0", options=options) as engine,
        everact.connect(f"http://{engine.address}", actors=KINDS) as connection,
    ):
        await engine.actor(Ledger, "l").take("one")
        for where in (engine, connection):
            [one] = (await where.describe("top", by="turns", kind=None))["top"]
            assert (one["kind"], one["key"]) == ("ledger", "l")
            with pytest.raises(InvalidArgument, match="tops"):
                await where.describe("tops")


def rows(engine: Engine, texts: list[str]) -> Any:
    return ((engine.actor(Ledger, f"k{index % 3}").take, text) for index, text in enumerate(texts))


async def test_a_source_is_ingested_once_in_order_and_again_without_effect(tmp_path: Path) -> None:
    texts = [str(number) for number in range(300)]
    async with Engine(tmp_path, actors=KINDS) as engine:
        producer = engine.producer("file")
        assert await producer.newest() is None
        done = await producer.ingest(rows(engine, texts), in_flight=50)
        assert (done.applied, done.already_applied, done.newest) == (300, 0, 300)
        assert await entries(engine, "k1") == texts[1::3]
        assert await producer.newest(engine.actor(Ledger, "k0")) == 298
        assert await producer.newest() == 300
        assert await producer.resume_at(50) == 251
    async with Engine(tmp_path, actors=KINDS) as engine:

        async def slowly() -> AsyncIterator[Any]:
            for row in rows(engine, texts):
                await asyncio.sleep(0)
                yield row

        done = await engine.producer("file").ingest(slowly())
        assert done.applied + done.already_applied == 300
        assert done.applied <= 3
        assert await entries(engine, "k1") == texts[1::3]
        done = await engine.producer("empty").ingest([])
        assert (done.applied, done.newest) == (0, 0)


async def test_a_record_that_fails_is_named_and_can_be_sent_again_or_skipped(tmp_path: Path) -> None:
    texts = ["a", "b", "bad", "c", "d", "e"]
    async with Engine(tmp_path, actors=KINDS) as engine:
        producer = engine.producer("file")

        def source() -> Any:
            return ((engine.actor(Ledger, "l").take, text) if text else None for text in texts)

        for _ in range(2):
            with pytest.raises(HandlerFailed, match="ValueError: bad") as caught:
                await producer.ingest(source(), retry=QUICK)
            assert caught.value.sequence == 3  # type: ignore[attr-defined]
            assert await entries(engine) == ["a", "b"]
        assert await producer.gap(engine.actor(Ledger, "l")) == 3
        assert await producer.resume_at(2) == 1
        await producer.skip(engine.actor(Ledger, "l"), 3)
        texts[2] = ""
        done = await producer.ingest(source(), retry=QUICK)
        assert (done.applied + done.already_applied, done.newest) == (5, 6)
        assert await entries(engine) == ["a", "b", "c", "d", "e"]
        with pytest.raises(InvalidArgument):
            await producer.skip(engine.actor("ledger", "l"), 3)
        with pytest.raises(AlreadyApplied):
            await engine.actor(Ledger, "l").with_options(producer="file", sequence=2).take("x")


async def _with_a_gap(engine: Engine) -> Any:
    """A reference to an actor that takes nothing more of the producer `p` until number 1 is skipped."""
    ledger = engine.actor(Ledger, "l")
    with pytest.raises(HandlerFailed):
        await ledger.with_options(producer="p", sequence=1).take("bad")
    return ledger


async def test_a_record_that_is_refused_for_a_while_is_sent_again_and_applied_once(tmp_path: Path) -> None:
    async with Engine(tmp_path, actors=KINDS) as engine:
        ledger, producer = await _with_a_gap(engine), engine.producer("p")
        source = [(ledger.take, text) for text in ("a", "b", "c")]
        retry = Retry(attempts_max=50, first_wait_ms=10, factor=1)
        run = asyncio.ensure_future(producer.ingest(source, first_sequence=2, retry=retry))
        await asyncio.sleep(0.05)
        assert not run.done()
        await producer.skip(ledger, 1)
        done = await run
        assert (done.applied, done.already_applied, done.newest) == (3, 0, 4)
        assert await entries(engine) == ["a", "b", "c"]


async def test_a_record_is_sent_ten_times_with_waits_that_double(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with Engine(tmp_path, actors=KINDS) as engine:
        ledger = await _with_a_gap(engine)
        waits: list[float] = []
        at_once = asyncio.sleep

        async def sleep(seconds: float) -> None:
            waits.append(seconds)
            await at_once(0)

        monkeypatch.setattr(asyncio, "sleep", sleep)
        with pytest.raises(everact.Unavailable, match="sequence 1 failed"):
            await engine.producer("p").ingest([(ledger.take, "a")], first_sequence=2)
        assert waits == [0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 10, 10]


async def test_only_errors_that_the_table_calls_retryable_are_tried_again(tmp_path: Path) -> None:
    async with Engine(tmp_path, actors=KINDS) as engine:
        for number, text in enumerate(("bad", "never", "no")):
            TRIED.clear()
            with pytest.raises((HandlerFailed, Refused)):
                await engine.producer("p").ingest([(engine.actor(Ledger, f"k{number}").take, text)])
            assert [text] == TRIED


async def test_a_gap_from_before_the_source_is_reported_and_not_waited_for_without_end(tmp_path: Path) -> None:
    async with Engine(tmp_path, actors=KINDS) as engine:
        ledger = engine.actor(Ledger, "l")
        with pytest.raises(HandlerFailed):
            await ledger.with_options(producer="p", sequence=1).take("bad")
        source = [(ledger.take, str(number)) for number in range(20)]
        with pytest.raises(everact.Unavailable, match="sequence 1 failed") as caught:
            await engine.producer("p").ingest(source, first_sequence=2, retry=QUICK, in_flight=4)
        assert caught.value.sequence == 2  # type: ignore[attr-defined]
        assert await entries(engine) == []


async def test_docs_policies_and_visibility_reach_the_core() -> None:
    class Open(Actor, exposed=True, transient=True):
        """A kind that the gateway serves."""

        @handler(internal=True)
        def hidden(self) -> None:
            """Not for the network."""

        @handler
        def raw(self, data: bytes) -> None:
            return None

    from everact._kinds import kind_tables

    declared = kind_tables([Open, Ledger])
    opened, ledger = declared[0].declaration(), declared[1].declaration()
    assert (opened["exposed"], opened["doc"]) == (True, "A kind that the gateway serves.")
    assert opened["handlers"][0]["internal"] is True
    assert opened["handlers"][0]["doc"] == "Not for the network."
    assert opened["handlers"][1]["bytes"] is True
    assert "exposed" not in ledger
    assert ledger["handlers"][0]["retry"] == {
        "attempts_max": 3,
        "first_wait_ms": 5,
        "wait_max_ms": 10,
        "jitter": 0,
        "not_retried": ["KeyError"],
    }
    async with Engine.in_memory(actors=[Open, Ledger]) as engine:
        await engine.actor(Open, "a").hidden()


async def test_a_call_of_this_process_has_no_caller_and_one_from_outside_has() -> None:
    class Door(Actor, transient=True, exposed=True):
        @handler
        def who(self, ctx: Context) -> list[str]:
            found = ctx.caller
            return [] if found is None else [found.by, found.name]

    gateway = {"auth": {"tokens": [{"name": "shop", "token": "secret", "allow": ["door/who"]}]}, "insecure": True}
    options = everact.Options(gateway=gateway)
    async with Engine.in_memory(actors=[Door], listen="127.0.0.1:0", options=options) as engine:
        assert await engine.actor(Door, "a").who() == []
        async with everact.connect(f"http://{engine.address}", actors=[Door], token="secret") as connection:
            assert await connection.actor(Door, "a").who() == ["token", "shop"]
