"""A look at an actor or a process shows where the handler is that runs: while it computes, and while it waits."""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import msgspec
import pytest

from everact import Actor, Context, Engine, Options, Process, ProcessContext, ProcessRef, Server, handler, process


class Gate:
    """What handlers wait for, and a thread that looks meanwhile."""

    opened: asyncio.Event
    begun: threading.Event
    nested: Callable[[int], Awaitable[None]]


class Busy(Actor, transient=True):
    @handler
    def plain(self) -> None:
        compute()

    @handler
    async def first_step(self) -> None:
        compute()
        await asyncio.sleep(0)

    @handler
    async def later(self) -> None:
        await asyncio.sleep(0)
        compute()

    @handler
    async def waits(self) -> None:
        await in_between(Gate.opened)

    @handler
    async def waits_in_generator(self) -> None:
        async for _ in items(Gate.opened):
            pass

    @handler
    async def nests(self) -> None:
        await Gate.nested(200)

    @handler
    async def asks(self, ctx: Context) -> None:
        await ctx.actor(Busy, "other").waits()


class Worker(Process):
    @handler
    def plain(self) -> None:
        compute()

    @handler
    async def waits(self) -> None:
        await in_between(Gate.opened)


class Plant(Server):
    @handler
    async def waits(self) -> None:
        await in_between(Gate.opened)


@process
async def echo(ctx: ProcessContext[int | str]) -> None:
    while True:
        if isinstance(await deeper(ctx), str):
            compute()


async def deeper(ctx: ProcessContext[int | str]) -> int | str:
    return await ctx.receive()


def compute() -> None:
    Gate.begun.set()
    end = time.monotonic() + 0.4
    while time.monotonic() < end:
        pass


async def in_between(gate: asyncio.Event) -> None:
    Gate.begun.set()
    await gate.wait()


async def items(gate: asyncio.Event) -> AsyncIterator[int]:
    await in_between(gate)
    yield 1


@contextlib.asynccontextmanager
async def opened() -> AsyncIterator[Engine]:
    Gate.opened, Gate.begun = asyncio.Event(), threading.Event()
    async with Engine.in_memory(actors=[Busy], processes=[Worker, Plant, echo]) as engine:
        yield engine


def look(engine: Engine, **who: str) -> dict[str, Any]:
    """What the core knows, asked from whatever thread."""
    question = msgspec.json.encode({"topic": "inspect", **who}).decode()
    return msgspec.json.decode(engine._open_lane().core.describe(question))  # type: ignore[no-any-return]


def while_it_computes(engine: Engine, **who: str) -> Callable[[], str]:
    """Looks from another thread as soon as a handler computes; to be called for the stack that it saw."""
    seen: list[str] = []

    def watch() -> None:
        assert Gate.begun.wait(5)
        seen.append(look(engine, **who)["stack"])

    thread = threading.Thread(target=watch)
    thread.start()

    def result() -> str:
        thread.join()
        return seen[0]

    return result


@pytest.mark.parametrize("name", ["plain", "first_step", "later"])
async def test_a_handler_that_computes_and_holds_up_the_loop_shows_its_stack(name: str) -> None:
    async with opened() as engine:
        stack = while_it_computes(engine, kind="busy", key="a")
        await engine.actor("busy", "a").ask(name)
        lines = stack().splitlines()
        assert lines[0].endswith(f", in {name}"), "the stack begins at the handler"
        assert [line for line in lines if line.startswith("  File")][-1].endswith(", in compute")


async def test_a_handler_that_waits_shows_where() -> None:
    async with opened() as engine:
        asked = asyncio.ensure_future(engine.actor(Busy, "a").waits())
        await asyncio.sleep(0.01)
        places = steps(look(engine, kind="busy", key="a")["stack"])
        assert places == ["waits", "in_between", "wait"]
        Gate.opened.set()
        await asked
        assert "stack" not in look(engine, kind="busy", key="a"), "nothing runs any more"


async def test_a_handler_that_waits_for_what_a_generator_gives_shows_itself() -> None:
    async with opened() as engine:
        asked = asyncio.ensure_future(engine.actor(Busy, "a").waits_in_generator())
        await asyncio.sleep(0.01)
        assert steps(look(engine, kind="busy", key="a")["stack"])[0] == "waits_in_generator"
        Gate.opened.set()
        await asked


async def test_a_handler_that_asks_shows_the_ask() -> None:
    async with opened() as engine:
        asked = asyncio.ensure_future(engine.actor(Busy, "a").asks())
        await asyncio.sleep(0.01)
        stack = look(engine, kind="busy", key="a")["stack"]
        assert steps(stack)[:2] == ["asks", "ask"]
        assert 'await ctx.actor(Busy, "other").waits()' in stack
        Gate.opened.set()
        await asked


@pytest.mark.parametrize("kind", [Worker, Plant])
async def test_a_process_whose_handler_waits_shows_where(kind: type[Worker | Plant]) -> None:
    async with opened() as engine:
        spawned: ProcessRef[Any] = engine.spawn(kind)
        asked = asyncio.ensure_future(spawned.ask("waits"))
        await asyncio.sleep(0.01)
        assert steps(look(engine, process=str(spawned.number))["stack"])[-3:] == ["waits", "in_between", "wait"]
        Gate.opened.set()
        await asked


async def test_a_process_whose_handler_computes_shows_its_stack() -> None:
    async with opened() as engine:
        spawned = engine.spawn(Worker)
        stack = while_it_computes(engine, process=str(spawned.number))
        await spawned.ask(Worker.plain)
        assert steps(stack()) == ["plain", "compute"]


async def test_a_function_that_receives_shows_where_it_waits_and_where_it_computes() -> None:
    async with opened() as engine:
        spawned = engine.spawn(echo)
        await asyncio.sleep(0.01)
        found = engine.inspect(spawned)
        assert found is not None
        assert steps(found["stack"])[:3] == ["echo", "deeper", "receive"]
        stack = while_it_computes(engine, process=str(spawned.number))
        spawned.tell("compute")
        assert await asyncio.to_thread(Gate.begun.wait, 5)
        assert steps(stack()) == ["echo", "compute"]


async def test_a_stack_has_places_and_no_values_and_an_end() -> None:
    async with opened() as engine:

        async def one(depth: int) -> None:
            await (other(depth - 1) if depth else Gate.opened.wait())

        async def other(depth: int) -> None:
            await one(depth)

        Gate.nested = one
        asked = asyncio.ensure_future(engine.actor(Busy, "a").nests())
        await asyncio.sleep(0.01)
        places = steps(look(engine, kind="busy", key="a")["stack"])
        assert len(places) == 20
        assert places[-1] == "wait", "the places nearest to where it waits are kept"
        Gate.opened.set()
        await asked


async def test_looks_go_on_until_the_engine_is_closed_and_the_thread_ends_with_it() -> None:
    Gate.opened, Gate.begun = asyncio.Event(), threading.Event()
    engine = await Engine.in_memory(processes=[echo], options=Options(slow_turn_ms=60_000)).open()
    spawned = engine.spawn(echo)
    await asyncio.sleep(0.01)
    watch = engine._watch
    assert watch is not None
    looks = 0
    began = time.monotonic()
    while time.monotonic() < began + 0.5:
        found = engine.inspect(spawned)
        assert found is not None
        assert steps(found["stack"])[0] == "echo"
        looks += 1
    assert looks > 50, "a look does not wait for the thread's own pace"
    await engine.close()
    watch.thread.join(1)
    assert not watch.thread.is_alive()


PROGRAM = """
import asyncio, time
from everact import Engine

async def main():
    engine = await Engine.in_memory().open()
    end = time.monotonic() + {seconds}
    while time.monotonic() < end:
        pass

asyncio.run(main())
"""


def test_a_program_that_never_closes_its_engine_ends_in_good_order() -> None:
    for seconds in (0.0, 0.245, 0.25, 0.255):
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM.format(seconds=seconds)], capture_output=True, text=True, timeout=30
        )
        assert (done.returncode, done.stderr) == (0, "")


def steps(stack: str) -> list[str]:
    """The functions' names, the outermost first."""
    return [line.rpartition(", in ")[2] for line in stack.splitlines() if line.startswith("  File")]
