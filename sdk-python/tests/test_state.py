"""State: kept across restarts, put back after failures, written only where it changed."""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path
from typing import Any

import msgspec
import pytest
from actors import ALL, Counter, Scratch

from everact import Actor, Engine, HandlerFailed, InvalidState, Options, ReadOnlyViolation, StateMismatch, handler


class Entry(msgspec.Struct):
    text: str
    tags: list[str] = []


class Book(Actor):
    title: str = "none"
    entries: list[Entry] = []
    index: dict[str, int] = {}
    owner: str | None = None

    @handler
    async def write(self, entry: Entry) -> int:
        self.entries.append(entry)
        self.index[entry.text] = len(self.entries)
        return len(self.entries)

    @handler
    async def spoil(self, title: str) -> None:
        self.title = title
        self.entries.append(Entry("never"))
        self.index.clear()
        raise RuntimeError("spoiled")

    @handler
    async def break_state(self) -> None:
        self.owner = object()  # type: ignore[assignment]

    @handler(read_only=True)
    async def read(self) -> list[Entry]:
        return self.entries

    @handler(read_only=True)
    async def lookup(self) -> dict[str, int]:
        return self.index


async def test_state_outlives_the_engine(tmp_path: Path) -> None:
    for round_ in (1, 2, 3):
        async with Engine(tmp_path, actors=[Book]) as engine:
            book = engine.actor(Book, "a")
            assert await book.write(Entry(f"e{round_}", ["x"])) == round_
            assert [entry.text for entry in await book.read()] == [f"e{n + 1}" for n in range(round_)]
            assert await book.lookup() == {f"e{n + 1}": n + 1 for n in range(round_)}


async def test_a_failed_turn_leaves_everything_as_it_was(tmp_path: Path) -> None:
    async with Engine(tmp_path, actors=[Book, *ALL]) as engine:
        book, counter = engine.actor(Book, "a"), engine.actor(Counter, "a")
        with pytest.raises(HandlerFailed, match="RuntimeError: spoiled"):
            await book.spoil("x")
        await book.write(Entry("one"))
        for fail in (counter.add_then_fail, counter.add_wait_and_fail):
            await counter.add(1)
            with pytest.raises(HandlerFailed, match="ValueError: boom"):
                await fail(100)
            with pytest.raises(HandlerFailed, match="RuntimeError: spoiled"):
                await book.spoil("x")
            with pytest.raises(InvalidState, match="owner: a value of type object has no form in JSON"):
                await book.break_state()
        assert [entry.text for entry in await book.read()] == ["one"]
        assert await book.lookup() == {"one": 1}
        assert await counter.get() == 2
    async with Engine(tmp_path, actors=[Book, *ALL]) as engine:
        assert await engine.actor(Counter, "a").get() == 2
        assert [entry.text for entry in await engine.actor(Book, "a").read()] == ["one"]


async def test_defaults_are_not_shared_between_actors() -> None:
    async with Engine(actors=[Book]) as engine:
        await engine.actor(Book, "a").write(Entry("one"))
        assert await engine.actor(Book, "b").read() == []


async def test_a_read_only_handler_that_writes_is_told_so_and_undone() -> None:
    async with Engine(actors=ALL) as engine:
        for actor in (engine.actor(Counter, "a"), engine.actor(Scratch, "a")):
            await actor.add(5)
            for _ in range(2):
                with pytest.raises(ReadOnlyViolation, match="add_read_only"):
                    await actor.add_read_only(1)
            assert await actor.get() == 5


async def test_only_turns_that_change_the_state_raise_the_revision(tmp_path: Path) -> None:
    async with Engine(tmp_path, actors=ALL) as engine:
        counter = engine.actor(Counter, "a")
        assert await counter.revision() == 0
        await counter.add(1)
        await counter.add(0)
        await counter.add_slowly(0)
        assert await counter.revision() == 1
        await counter.add_slowly(1)
        assert await counter.revision() == 2


async def test_stored_state_of_an_older_declaration_is_read(tmp_path: Path) -> None:
    class Old(Actor, kind="thing"):
        gone: int = 1
        kept: int = 2

        @handler
        async def touch(self) -> None:
            self.kept = 5
            self.gone = 6

    class New(Actor, kind="thing"):
        kept: int = 0
        added: str = "new"

        @handler(read_only=True)
        async def look(self) -> tuple[int, str]:
            return self.kept, self.added

    class Narrow(Actor, kind="thing"):
        kept: str = ""

        @handler
        async def spoil(self) -> None:
            self.kept = "spoiled"

        @handler(read_only=True)
        async def look(self) -> str:
            return self.kept

    async with Engine(tmp_path, actors=[Old]) as engine:
        await engine.actor(Old, "a").touch()
    async with Engine(tmp_path, actors=[New]) as engine:
        assert await engine.actor(New, "a").look() == (5, "new")
    async with Engine(tmp_path, actors=[Narrow]) as engine:
        narrow = engine.actor(Narrow, "a")
        for ask in (narrow.look, narrow.spoil, narrow.look):
            with pytest.raises(StateMismatch, match=r"stored state of thing/a does not fit.*\$\.kept"):
                await ask()
        failures = await asyncio.gather(*(narrow.spoil() for _ in range(10)), return_exceptions=True)
        assert {type(failure) for failure in failures} == {StateMismatch}
    async with Engine(tmp_path, actors=[New]) as engine:
        assert await engine.actor(New, "a").look() == (5, "new")


async def test_state_comes_back_after_passivation(tmp_path: Path) -> None:
    options = Options(activations_max=4)
    async with Engine(tmp_path, actors=ALL, options=options) as engine:
        for round_ in (1, 2, 3):
            assert [await engine.actor(Counter, f"k{n}").add(1) for n in range(50)] == [round_] * 50
        stats = engine.stats()
        assert stats["activations"] <= 4
        assert stats["passivations"] >= 3 * 50 - 4


async def test_attributes_that_are_not_state_stay_in_memory() -> None:
    class Cached(Actor):
        value: int = 0

        @handler
        async def note(self, amount: int) -> int:
            cache: Any = self.__dict__.setdefault("cache", [])
            cache.append(amount)
            self.value += 1
            with contextlib.suppress(IndexError):
                return len(cache)
            return 0

    async with Engine(actors=[Cached]) as engine:
        await engine.actor(Cached, "a").note(1)
        assert await engine.actor(Cached, "a").note(2) == 2
