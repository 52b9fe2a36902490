"""Kinds whose handlers run in a pool of processes."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from everact import Actor, ApplicationError, Context, Engine, Options, Process, handler
from everact.errors import (
    HandlerFailed,
    InvalidConfiguration,
    InvalidDeclaration,
    InvalidPayload,
    InvalidState,
    ReadOnlyViolation,
)


class TooDark(ApplicationError):
    lux: int = 0


class Render(Actor, pool="cpu"):
    frames: int = 0
    names: list[str] = []

    @handler
    def compute(self, ms: int) -> int:
        end = time.monotonic() + ms / 1000
        while time.monotonic() < end:
            pass
        self.frames += 1
        return os.getpid()

    @handler(read_only=True)
    def seen(self) -> int:
        return self.frames

    @handler(read_only=True)
    def cheat(self) -> None:
        self.frames = 99

    @handler
    async def facts(self, ctx: Context) -> list[str]:
        await asyncio.sleep(0)
        self.names.append(ctx.key)
        ctx.reply_metadata["took"] = "long"
        return [ctx.kind, ctx.key, str(ctx.revision), str(ctx.new_id()), str(ctx.now_ms), str(ctx.metadata)]

    @handler
    async def paint(self, ctx: Context, canvas: str) -> None:
        self.frames += 1
        await ctx.actor(Canvas, canvas).add.tell(2)
        ctx.tell(ctx.actor(Canvas, canvas).add, 3)
        await ctx.actor("canvas", canvas).tell("add", 5)

    @handler
    async def fail(self, ctx: Context, how: str) -> None:
        self.frames = -1
        await ctx.actor(Canvas, "failed").add.tell(1)
        if how == "refuse":
            raise TooDark(lux=3)
        if how == "ask":
            await ctx.actor(Canvas, "x").add(1)
        if how == "spawn":
            ctx.whereis("x")
        if how == "state":
            self.frames = float("nan")  # type: ignore[assignment]
            return
        if how == "die":
            os._exit(3)
        raise ValueError("out of paint")


class Canvas(Actor, transient=True):
    total: int = 0

    @handler
    def add(self, n: int) -> int:
        self.total += n
        return self.total

    @handler
    def ping(self) -> int:
        return 1


async def test_a_ping_is_answered_while_a_pool_computes() -> None:
    async with Engine.in_memory(actors=[Render, Canvas]) as engine:
        render = engine.actor(Render, "a")
        assert await render.compute(1) != os.getpid()
        computing = asyncio.ensure_future(render.compute(300))
        pings = 0
        while not computing.done() and pings < 10:
            assert await engine.actor(Canvas, "c").ping() == 1
            pings += 1
            await asyncio.sleep(0.002)
        assert pings == 10, "ten pings of 2 ms go into 300 ms"
        assert not computing.done()
        await computing
        assert await render.seen() == 2


async def test_state_facts_and_tells_go_there_and_back(tmp_path: Path, loop_name: str) -> None:
    folder = tmp_path / loop_name
    async with Engine(folder, actors=[Render, Canvas]) as engine:
        render = engine.actor(Render, "a")
        await render.compute(1)
        beside: dict[str, str | bytes] = {}
        facts = await render.with_options(metadata={"x": "y"}, reply_metadata=beside).facts()
        assert facts[:3] == ["render", "a", "1"]
        assert facts[5] == "{'x': 'y'}"
        assert beside == {"took": "long"}
        await render.paint("wall")
        assert await engine.actor(Canvas, "wall").add(0) == 10, "told with the commit, so before this"
    async with Engine(folder, actors=[Render, Canvas]) as engine:
        assert await engine.actor(Render, "a").seen() == 2
        assert (await engine.actor(Render, "a").facts())[2] == "3"


async def test_a_turn_that_fails_there_is_undone_and_says_why() -> None:
    async with Engine.in_memory(actors=[Render, Canvas]) as engine:
        render = engine.actor(Render, "a")
        await render.compute(1)
        with pytest.raises(HandlerFailed, match="ValueError: out of paint"):
            await render.fail("throw")
        with pytest.raises(TooDark) as refused:
            await render.fail("refuse")
        assert refused.value.lux == 3
        with pytest.raises(HandlerFailed, match="InvalidArgument: asking add cannot be done in a pool"):
            await render.fail("ask")
        with pytest.raises(HandlerFailed, match="InvalidArgument: this cannot be done in a pool"):
            await render.fail("spawn")
        with pytest.raises(InvalidState, match="frames"):
            await render.fail("state")
        with pytest.raises(InvalidPayload):
            await engine.actor("render", "a").ask("fail", 3)
        with pytest.raises(ReadOnlyViolation):
            await render.cheat()
        with pytest.raises(HandlerFailed, match=r"has ended while it ran render\.fail"):
            await render.fail("die")
        assert await render.seen() == 1, "the pool is there again"
        assert await engine.actor(Canvas, "failed").add(0) == 0, "nothing of a failed turn is sent"


class Lonely(Actor, pool="paint"):
    @handler
    def work(self) -> int:
        return os.getpid()


async def test_a_pool_has_the_size_that_the_options_say() -> None:
    async with Engine.in_memory(actors=[Lonely], options=Options(pools={"paint": 1})) as engine:
        found = await asyncio.gather(*(engine.actor(Lonely, str(key)).work() for key in range(20)))
        assert len(set(found)) == 1


async def test_a_pool_that_cannot_be_used_is_refused() -> None:
    class Local(Actor, pool="cpu"):
        """No process can import it."""

    class Session(Process, pool="cpu"):
        """A process uses the engine while it runs."""

    with pytest.raises(InvalidDeclaration, match="session: a pool runs handlers of actors"):
        Engine.in_memory(processes=[Session])
    with pytest.raises(InvalidDeclaration, match="has no pool 'paint'"):
        Engine.in_memory(actors=[Lonely])
    with pytest.raises(InvalidDeclaration, match="import its class"):
        Engine.in_memory(actors=[Local])
    with pytest.raises(InvalidConfiguration, match="sizes at least 1"):
        Engine.in_memory(actors=[], options=Options(pools={"paint": 0}))


UNGUARDED = """
import asyncio
from everact import Actor, Engine, HandlerFailed, handler

class Heavy(Actor, pool="cpu"):
    @handler
    def twice(self, number: int) -> int:
        return 2 * number

async def main() -> None:
    async with Engine.in_memory(actors=[Heavy]) as engine:
        try:
            await engine.actor(Heavy, "a").twice(2)
        except HandlerFailed as error:
            print(error)

asyncio.run(main())
"""


def test_a_program_without_a_guard_is_told_so(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(UNGUARDED, encoding="utf-8")
    done = subprocess.run([sys.executable, program], capture_output=True, text=True, timeout=120, check=False)
    assert 'behind `if __name__ == "__main__":`' in done.stdout, done
    assert "InvalidState" in done.stderr, done
