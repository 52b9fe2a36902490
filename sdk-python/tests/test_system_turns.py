"""Reading and replacing the state of what runs, as tools do it."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from everact import (
    Actor,
    Engine,
    Process,
    ProcessContext,
    StateMachine,
    StateMachineContext,
    StateMismatch,
    handler,
    process,
)
from everact.errors import EveractError


class Cart(Actor):
    items: list[str] = []
    total: int = 0

    @handler
    async def add(self, item: str) -> int:
        self.items.append(item)
        self.total += 1
        return self.total


class Counter(Process):
    count: int = 0

    @handler
    def add(self, n: int) -> int:
        self.count += n
        return self.count


class Lamp(StateMachine, initial="off", states=["on"]):
    used: int = 0

    @handler
    def look(self) -> str:
        return self.state


class Gate(StateMachine, initial="shut", states=["open", "broken"]):
    log: list[str] = []

    @handler
    def go(self, ctx: StateMachineContext, where: str) -> None:
        ctx.next_state(where)

    @handler
    def seen(self) -> list[str]:
        return self.log

    def on_enter(self, ctx: StateMachineContext, previous: str) -> None:
        self.log.append(f"{previous} to {self.state}")


@process
async def waiter(ctx: ProcessContext[Counter]) -> None:
    await ctx.receive()


async def topic(engine: Engine, name: str, **members: Any) -> Any:
    """What a topic gives; it waits for this loop, so it is asked from another thread."""
    question = json.dumps({"topic": name, **members})
    core = engine._open_lane().core
    return json.loads(await asyncio.get_running_loop().run_in_executor(None, core.describe, question))


async def test_the_state_of_an_actor_is_read_and_replaced(tmp_path: Path) -> None:
    async with Engine(tmp_path, actors=[Cart]) as engine:
        await engine.actor(Cart, "1").add("pen")
        assert (await topic(engine, "state", kind="cart", key="1"))["state"] == {"items": ["pen"], "total": 1}
        await topic(engine, "state_replace", kind="cart", key="1", state={"items": [], "total": 7, "older": True})
        assert await engine.actor(Cart, "1").add("ink") == 8
        with pytest.raises(StateMismatch, match="total"):
            await topic(engine, "state_replace", kind="cart", key="1", state={"total": "many"})
        assert await engine.actor(Cart, "1").add("ink") == 9
    async with Engine(tmp_path, actors=[Cart]) as engine:
        found = await topic(engine, "state", kind="cart", key="1")
        assert found["state"] == {"items": ["ink", "ink"], "total": 9, "older": True}


async def test_the_state_of_a_process_is_read_and_replaced() -> None:
    async with Engine.in_memory(processes=[Counter, waiter]) as engine:
        counter = engine.spawn(Counter(count=3))
        who = {"process": str(counter.number)}
        assert (await topic(engine, "state", **who))["state"] == {"count": 3}
        await topic(engine, "state_replace", **who, state={"count": 40})
        assert await counter.ask(Counter.add, 2) == 42
        with pytest.raises(StateMismatch):
            await topic(engine, "state_replace", **who, state=[])
        assert await counter.ask(Counter.add, 0) == 42


async def test_a_process_function_has_no_state() -> None:
    async with Engine.in_memory(processes=[Counter, waiter]) as engine:
        waits = engine.spawn(waiter)
        with pytest.raises(EveractError, match="no state"):
            await topic(engine, "state", process=str(waits.number))
        assert waits.is_alive()


async def test_a_machine_is_put_into_another_state_and_enters_none() -> None:
    async with Engine.in_memory(processes=[Gate]) as engine:
        gate = engine.spawn(Gate)
        assert await gate.ask(Gate.seen) == ["shut to shut"]
        await topic(engine, "state_replace", process=str(gate.number), state={"state": "open", "log": []})
        await gate.ask(Gate.go, "open")
        await gate.ask(Gate.go, "shut")
        assert await gate.ask(Gate.seen) == ["open to shut"]


async def test_a_machines_state_is_one_that_it_has() -> None:
    async with Engine.in_memory(processes=[Lamp]) as engine:
        lamp = engine.spawn(Lamp)
        assert await lamp.ask(Lamp.look) == "off"
        who = {"process": str(lamp.number)}
        await topic(engine, "state_replace", **who, state={"state": "on"})
        assert await lamp.ask(Lamp.look) == "on"
        with pytest.raises(StateMismatch, match="broken"):
            await topic(engine, "state_replace", **who, state={"state": "broken"})
        assert await lamp.ask(Lamp.look) == "on"
