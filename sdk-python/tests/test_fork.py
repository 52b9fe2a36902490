"""A forked child has the engine's memory but not its threads: it is told so, and the parent goes on."""

from __future__ import annotations

import os
import traceback
from pathlib import Path

from actors import ALL, Counter

from everact import Engine, Forked


async def test_a_forked_child_gets_forked_and_the_parent_goes_on(tmp_path: Path) -> None:
    async with Engine(tmp_path, actors=ALL) as engine:
        counter = engine.actor(Counter, "a")
        assert await counter.add(1) == 1
        child = os.fork()
        if child == 0:
            code = 1
            try:
                asking = counter.add(1)
                try:
                    asking.send(None)
                except Forked:
                    code = 0
            except BaseException:
                traceback.print_exc()
            finally:
                os._exit(code)
        _, status = os.waitpid(child, 0)  # noqa: ASYNC222 (the child ends at once)
        assert os.waitstatus_to_exitcode(status) == 0
        assert await counter.add(1) == 2
