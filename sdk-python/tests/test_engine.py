"""Open, close, and what an engine does besides asks."""

from __future__ import annotations

import asyncio
import logging
import os
import threading
from pathlib import Path
from typing import Any

import pytest
from actors import ALL, Counter, until

from everact import (
    Actor,
    Closed,
    Context,
    DataLocked,
    Engine,
    InvalidArgument,
    InvalidConfiguration,
    Options,
    handler,
    restore,
)


class Worker(Actor, transient=True):
    done: int = 0

    @handler
    async def hang(self) -> None:
        await asyncio.sleep(60)

    @handler
    async def current(self, waits: bool) -> bool:
        before = asyncio.current_task()
        if waits:
            await asyncio.sleep(0)
        return before is not None and before is asyncio.current_task()

    @handler
    async def gather(self, ctx: Context, count: int) -> int:
        replies = await asyncio.gather(*(ctx.actor(Worker, f"part{n}").part(n) for n in range(count)))
        return sum(replies)

    @handler
    async def part(self, number: int) -> int:
        await asyncio.sleep(0)
        self.done += 1
        return number

    @handler
    async def limited(self) -> str:
        try:
            await asyncio.wait_for(asyncio.sleep(60), 0.01)
        except asyncio.TimeoutError:
            return "timed out"
        return "slept"


async def test_a_folder_has_one_engine_at_a_time(tmp_path: Path) -> None:
    async with Engine(tmp_path, actors=ALL) as engine:
        with pytest.raises(DataLocked, match=str(os.getpid())):
            await Engine(tmp_path, actors=ALL).open()
        assert await engine.actor(Counter, "a").add(1) == 1
    async with Engine(tmp_path, actors=ALL) as engine:
        assert await engine.actor(Counter, "a").get() == 1


async def test_without_a_folder_nothing_stays() -> None:
    for _ in range(2):
        async with Engine(actors=ALL) as engine:
            assert await engine.actor(Counter, "a").add(1) == 1


async def test_the_environment_fills_what_is_not_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EVERACT_DATA", str(tmp_path / "data"))
    async with Engine(actors=ALL) as engine:
        await engine.actor(Counter, "a").add(1)
    async with Engine.in_memory(actors=ALL) as engine:
        assert await engine.actor(Counter, "a").get() == 0
    async with Engine(actors=ALL) as engine:
        assert await engine.actor(Counter, "a").get() == 1
    monkeypatch.setenv("EVERACT_ASK_TIMEOUT_MS", "soon")
    with pytest.raises(InvalidConfiguration, match="EVERACT_ASK_TIMEOUT_MS"):
        await Engine(actors=ALL).open()
    async with Engine(actors=ALL, options=Options(ask_timeout_ms=100)):
        pass


async def test_an_engine_that_is_not_open_says_so() -> None:
    engine = Engine(actors=ALL)
    with pytest.raises(Closed, match="async with"):
        engine.actor(Counter, "a")
    async with engine:
        counter = engine.actor(Counter, "a")
        await counter.add(1)
    for _ in range(2):
        with pytest.raises(Closed):
            await counter.add(1)
    with pytest.raises(Closed):
        engine.stats()
    await engine.close()
    with pytest.raises(InvalidConfiguration, match="opened before"):
        await engine.open()


async def test_close_does_not_wait_for_ever(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.ERROR, "asyncio")
    async with Engine(actors=[Worker]) as engine:
        asking = asyncio.ensure_future(engine.actor(Worker, "a").hang())
        await until(lambda: engine.stats()["open_turns"] == 1)
        await engine.close(deadline_ms=30)
        with pytest.raises(Closed):
            await asking
    await asyncio.sleep(0.01)
    assert [record.getMessage() for record in caplog.records] == []


async def test_close_finishes_what_is_under_way(tmp_path: Path) -> None:
    async with Engine(tmp_path, actors=ALL) as engine:
        asks = [asyncio.ensure_future(engine.actor(Counter, "a").add_slowly(1)) for _ in range(20)]
        await asyncio.sleep(0)
    assert await asyncio.gather(*asks) == list(range(1, 21))


async def test_a_second_close_waits_until_the_folder_is_free(tmp_path: Path) -> None:
    engine = await Engine(tmp_path, actors=ALL).open()
    asks = [asyncio.ensure_future(engine.actor(Counter, "a").add_slowly(1)) for _ in range(20)]
    await asyncio.sleep(0)
    first = asyncio.ensure_future(engine.close())
    await asyncio.sleep(0)
    await engine.close()
    async with Engine(tmp_path, actors=ALL) as again:
        assert await again.actor(Counter, "a").get() == 20
    await asyncio.gather(first, *asks)


async def test_a_second_close_outlives_the_cancelling_of_the_first() -> None:
    engine = await Engine(actors=[Worker]).open()
    asking = asyncio.ensure_future(engine.actor(Worker, "a").hang())
    await until(lambda: engine.stats()["open_turns"] == 1)
    first = asyncio.ensure_future(engine.close(60_000))
    await asyncio.sleep(0)
    second = asyncio.ensure_future(engine.close())
    await asyncio.sleep(0)
    assert not second.done()
    first.cancel()
    await asyncio.wait_for(second, 10)
    with pytest.raises(Closed):
        await asking


async def test_statistics_are_there() -> None:
    async with Engine(actors=ALL) as engine:
        await engine.actor(Counter, "a").add(1)
        stats = engine.stats()
        assert stats["activations"] == 1
        assert stats["turns"] == 1


async def test_a_backup_restores_elsewhere(tmp_path: Path) -> None:
    async with Engine(tmp_path / "data", actors=ALL) as engine:
        await engine.actor(Counter, "a").add(5)
        await engine.backup(tmp_path / "copy")
        await engine.actor(Counter, "a").add(1)
    await restore(tmp_path / "copy", tmp_path / "again")
    async with Engine(tmp_path / "again", actors=ALL) as engine:
        assert await engine.actor(Counter, "a").get() == 5
    with pytest.raises(InvalidArgument):
        await restore(tmp_path / "copy", tmp_path / "again")


async def test_relative_folders_stay_where_they_were_when_the_process_changes_its_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path)
    async with Engine("data", actors=ALL) as engine:
        await engine.actor(Counter, "a").add(5)
        monkeypatch.chdir(tmp_path / "elsewhere")
        await engine.actor(Counter, "a").add(1)
        await engine.backup("copy")
        assert [path.name for path in Path.cwd().iterdir()] == ["copy"]
    await restore("copy", tmp_path / "again")
    for folder in (tmp_path / "data", tmp_path / "again"):
        async with Engine(folder, actors=ALL) as engine:
            assert await engine.actor(Counter, "a").get() == 6


async def test_an_engine_belongs_to_the_thread_of_its_loop() -> None:
    async with Engine(actors=ALL) as engine:
        counter, caught = engine.actor(Counter, "a"), []

        def elsewhere() -> None:
            try:
                asyncio.run(_ask(counter))
            except InvalidArgument as error:
                caught.append(error.message)

        thread = threading.Thread(target=elsewhere)
        thread.start()
        thread.join()
        assert len(caught) == 1
        assert "thread" in caught[0]
        assert await counter.add(1) == 1


async def _ask(counter: Counter) -> int:
    return await counter.add(1)


async def test_a_handler_that_waits_has_a_task_of_its_own() -> None:
    async with Engine(actors=[Worker]) as engine:
        worker = engine.actor(Worker, "a")
        caller = asyncio.current_task()
        assert await worker.current(True)
        assert await worker.current(False)
        assert asyncio.current_task() is caller
        assert await worker.limited() == "timed out"
        assert await worker.gather(50) == sum(range(50))
        assert asyncio.current_task() is caller


async def test_a_callers_own_timeout_survives_a_turn_on_its_stack() -> None:
    async with Engine(actors=[Worker]) as engine:
        asking = asyncio.ensure_future(engine.actor(Worker, "a").hang())
        await asyncio.sleep(0)
        done, _ = await asyncio.wait({asking}, timeout=0.02)
        assert not done
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        assert await engine.actor(Worker, "a").current(True)


async def test_a_variable_that_no_setting_reads_is_reported(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EVERACT_ASK_TIMEOUT", "secret")
    for name in ("EVERACT_SERVICE_HOST", "EVERACT_SERVICE_PORT", "EVERACT_PORT_8080_TCP"):
        monkeypatch.setenv(name, "10.0.0.1")
    async with Engine(actors=ALL):
        await until(lambda: any("did you mean EVERACT_ASK_TIMEOUT_MS?" in line for line in caplog.messages))
    assert not any("secret" in line or "SERVICE" in line or "_TCP" in line for line in caplog.messages)


async def test_the_cores_diagnostics_reach_the_logger_with_their_fields(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(5, "everact.core")
    key = 'a "b"\n'

    def said(event: str) -> list[tuple[str, dict[str, Any]]]:
        told = [(record.getMessage(), record.__dict__.get("everact", {})) for record in caplog.records]
        return [(text, fields) for text, fields in told if fields.get("event") == event]

    async with Engine(tmp_path, actors=ALL, options=Options(log_level="trace")) as engine:
        await engine.actor(Counter, key).add(1)
        await until(lambda: said("store.commit") and said("turn.end"))
    ((text, start),) = said("turn.start")
    assert text.startswith(r'turn.start kind=counter key="a \"b\"\n" handler=add turn=')
    assert (start["kind"], start["key"], start["handler"], start["system"]) == ("counter", key, "add", str(tmp_path))
    assert said("store.commit")[0][1]["ok"] is True
    assert said("turn.end")[0][1]["turn"] == start["turn"] > 0
