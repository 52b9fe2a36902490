"""A handler that holds up the event loop is named while it does."""

from __future__ import annotations

import asyncio
import logging
import time

import pytest

from everact import Actor, Engine, Options, handler


class Stubborn(Actor, transient=True):
    @handler
    def plain(self) -> int:
        hold_up(0.6)
        return 1

    @handler
    async def waiting(self) -> int:
        await asyncio.sleep(0)
        hold_up(0.6)
        return 2

    @handler
    async def patient(self) -> int:
        await asyncio.sleep(0.6)
        return 3


def hold_up(seconds: float) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        pass


async def test_a_handler_that_holds_up_the_loop_is_named_once_with_its_stack(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.WARNING, logger="everact")
    async with Engine.in_memory(actors=[Stubborn], options=Options(slow_turn_ms=200)) as engine:
        for name in ("plain", "waiting"):
            caplog.clear()
            await engine.actor("stubborn", "a b").ask(name)
            await asyncio.sleep(1.2)  # the core looks once a second
            [said] = [line for line in caplog.messages if line.startswith("SlowTurn")]
            assert f"stubborn/a b {name} has held up the event loop for 0." in said
            assert "in hold_up" in said
            assert f"in {name}" in said
            assert "asyncio" not in said, "the stack begins at the handler"


async def test_a_handler_that_waits_holds_nothing_up(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING, logger="everact")
    async with Engine.in_memory(actors=[Stubborn], options=Options(slow_turn_ms=200)) as engine:
        assert await engine.actor(Stubborn, "a").patient() == 3
        assert not [line for line in caplog.messages if "held up" in line]
