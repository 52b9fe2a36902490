"""A hundred actors that never run dry hold nobody up."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any

from everact import Actor, Context, Engine, handler

BUSY = 100
SOON_S = 5.0
ROUNDS = 30

spinning = True
heard: dict[int, asyncio.Future[None]] = {}


class Spinner(Actor, transient=True):
    @handler
    def spin(self, ctx: Context) -> None:
        if spinning:
            ctx.actor(Spinner, ctx.key).spin.tell()


class Pong(Actor, transient=True):
    @handler
    def ping(self) -> int:
        return 1

    @handler
    def told(self, number: int) -> None:
        heard.pop(number).set_result(None)


def topic(engine: Engine, name: str, key: str) -> Any:
    question = json.dumps({"topic": name, "kind": "spinner", "key": key})
    return json.loads(engine._open_lane().core.describe(question))


async def test_asks_tells_and_commands_overtake_a_hundred_actors_that_never_run_dry() -> None:
    global spinning
    spinning = True
    async with Engine.in_memory(actors=[Spinner, Pong]) as engine:
        for number in range(BUSY):
            await engine.actor(Spinner, str(number)).spin.tell()
        pong = engine.actor(Pong, "pong")
        for number in range(20):
            assert await asyncio.wait_for(pong.ping(), SOON_S) == 1
            heard[number] = answer = asyncio.get_running_loop().create_future()
            await asyncio.wait_for(pong.told.tell(number), SOON_S)
            await asyncio.wait_for(answer, SOON_S)
            began = time.monotonic()
            await asyncio.sleep(0)
            assert time.monotonic() - began < SOON_S, "the loop's own work gets its chance"
        before = [topic(engine, "inspect", str(number))["turns"] for number in range(BUSY)]
        await asyncio.sleep(0.2)
        after = [topic(engine, "inspect", str(number))["turns"] for number in range(BUSY)]
        assert all(one < other for one, other in zip(before, after, strict=True)), "none of them waits for ever"
        assert topic(engine, "suspend", "7")["suspended"]
        await asyncio.sleep(0.05)
        turns = topic(engine, "inspect", "7")["turns"]
        await asyncio.sleep(0.05)
        assert topic(engine, "inspect", "7")["turns"] == turns, "a suspended one runs no turn"
        assert topic(engine, "exit", "7")["active"]
        await asyncio.sleep(0.05)
        assert not topic(engine, "inspect", "7")["active"]
        spinning = False


class Adder(Actor, transient=True):
    count: int = 0

    @handler
    def add(self, amount: int) -> int:
        self.count += amount
        return self.count


async def test_many_tasks_that_ask_and_never_wait_take_turns_and_leave_the_loop_its_chance() -> None:
    """No task waits for ever, the loop goes round, and those who wait go on when they are cancelled or it is over."""
    over = False
    async with Engine.in_memory(actors=[Adder]) as engine:

        async def caller(number: int) -> int:
            add, done = engine.actor(Adder, str(number)).add, 0
            while not over:
                assert await add(1) == done + 1
                done += 1
            return done

        tasks = [asyncio.create_task(caller(number)) for number in range(2_000)]
        began = time.thread_time()
        for _ in range(ROUNDS):
            await asyncio.sleep(0)
        taken = time.thread_time() - began
        tasks.pop().cancel()
        over = True
        counts = await asyncio.wait_for(asyncio.gather(*tasks), SOON_S)
        assert taken < ROUNDS * 0.1, "the loop's own work gets its chance"
        assert min(counts) > 1, "none of them waits for ever"
        assert await engine.actor(Adder, "other").add(1) == 1
