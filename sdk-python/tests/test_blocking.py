"""Code without an event loop: every thread may call, and waits."""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from actors import ALL, Counter

import everact
from everact import Blocking, Closed, Engine, HandlerFailed, InvalidArgument


def test_threads_ask_and_tell_without_a_loop(tmp_path: Path) -> None:
    with Blocking(Engine(tmp_path, actors=ALL)) as client:
        counter = client.actor(Counter, "a")
        assert client.ask(counter.add, 5) == 5
        with ThreadPoolExecutor(8) as threads:
            assert sorted(threads.map(lambda _: client.ask(counter.add, 1), range(100))) == list(range(6, 106))
        client.tell(counter.add, 1)
        assert client.ask(counter.get) == 106
        with pytest.raises(HandlerFailed, match="boom"):
            client.ask(counter.add_then_fail, 1)
        assert client.run(client.actor("counter", "a").ask, "get") == 106
        client.run(client.host.backup, tmp_path / "copy")
    with pytest.raises(Closed):
        client.ask(counter.get)
    client.close()


def test_threads_that_close_at_once_wait_for_the_same_end(tmp_path: Path) -> None:
    def is_closed_after_closing(client: Blocking[Engine]) -> bool:
        client.close()
        return client._thread is None

    for turn in range(5):
        client = Blocking(Engine(tmp_path, actors=ALL)).open()
        with ThreadPoolExecutor(8) as threads:
            asking = threads.submit(client.ask, client.actor(Counter, "a").add_slowly, 1)
            while not asking.done() and client.host.stats()["open_turns"] == 0:
                time.sleep(0.0001)
            assert all(threads.map(is_closed_after_closing, [client] * 4, timeout=30))
            assert asking.result(30) == turn + 1


def test_the_loops_own_thread_cannot_close() -> None:
    with Blocking(Engine.in_memory(actors=ALL)) as client:

        async def wrong() -> None:
            client.close()

        with pytest.raises(InvalidArgument, match="another"):
            client.run(wrong)
        assert client.ask(client.actor(Counter, "a").add, 1) == 1


def test_a_connection_can_be_used_so(tmp_path: Path) -> None:
    engine = Blocking(Engine.in_memory(actors=ALL, listen="127.0.0.1:0"))
    with engine, Blocking(everact.connect(f"http://{engine.host.address}", actors=ALL)) as client:
        assert client.ask(client.actor(Counter, "a").add, 1) == 1


def test_the_loops_own_thread_is_told_to_await() -> None:
    with Blocking(Engine.in_memory(actors=ALL)) as client:

        async def wrong() -> None:
            client.ask(client.actor(Counter, "a").get)

        with pytest.raises(InvalidArgument, match="await the call"):
            client.run(wrong)


def test_it_works_beside_a_running_loop() -> None:
    async def main() -> int:
        with Blocking(Engine.in_memory(actors=ALL)) as client:
            return await asyncio.to_thread(client.ask, client.actor(Counter, "a").add, 3)

    assert asyncio.run(main()) == 3
