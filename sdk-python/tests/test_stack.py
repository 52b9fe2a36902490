"""A turn always ends, also where its caller has hardly any stack left."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest

from everact import Actor, Engine, HandlerFailed, handler


class Deep(Actor):
    count: int = 0

    @handler
    async def add(self) -> int:
        self.count += 1
        await asyncio.sleep(0)
        return self.count


async def test_an_ask_at_the_end_of_the_stack_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever asks has hardly room left: the SDK itself meets RecursionError, at each of its steps in turn."""
    async with Engine(tmp_path, actors=[Deep]) as engine:
        actor = engine.actor(Deep, "a")

        async def from_depth(depth: int) -> int:
            return await (from_depth(depth - 1) if depth else actor.add())

        limit = sys.getrecursionlimit()
        kept = []  # a traceback has the frames, and what was lost in them
        monkeypatch.setattr(sys, "unraisablehook", lambda _: None)  # pytest's own needs a stack
        for depth in range(limit - 100, limit):
            asked = asyncio.ensure_future(from_depth(depth))
            await asyncio.wait({asked}, timeout=10)
            assert asked.done(), depth
            kept.append(asked.exception())
            assert await asyncio.wait_for(actor.add(), 10) >= 1
        met = {type(error) for error in kept}
        assert {type(None), RecursionError} <= met <= {type(None), HandlerFailed, RecursionError}
