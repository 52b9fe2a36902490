"""Children whose start may fail, which only those with a hook can: with outcomes, and those that stand for servers."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
from puppet import Ask, Born, Do, leave
from terms import Boom, reason_of, text_of
from tree import write_starts
from world import WORLD

from everact import Context, Exit, ExitReason, Process, handler


class Member(Process):
    """A child in the handler style."""

    name: str = ""
    above: list[str] = msgspec.field(default_factory=list)
    outcomes: list[str] = msgspec.field(default_factory=list)
    manner: Any = "plain"
    server: dict[str, Any] | None = None

    async def activated(self, ctx: Context) -> None:
        """Its start, which comes out as its data says."""
        world = WORLD[0]
        write_starts(world, self.name, self.above)
        init = (self.server or {}).get("init", {})
        if self.server is None:
            attempt = world.attempt(self.name)
            outcome = self.outcomes[min(attempt, len(self.outcomes) - 1)] if self.outcomes else "ok"
            if outcome == "ignore":
                world.write("tree", f"start {self.name} is ignored")
                ctx.exit(ExitReason.NORMAL)
            if outcome == "hang":
                world.enter(self.name, ctx.self)
                world.write("tree", f"start {self.name} hangs")
                await asyncio.Event().wait()
            if outcome != "ok":
                world.write("tree", f"start {self.name} fails")
                ctx.exit(reason_of(outcome))
        world.enter(self.name, ctx.self)
        world.write("tree", f"start {self.name}")
        ctx.trap_exits(self.manner != "plain" or bool((self.server or {}).get("trap")))
        if "stop" in init:
            ctx.exit(reason_of(init["stop"]))
        if "crash" in init:
            raise Boom(init["crash"])

    async def on_exit(self, ctx: Context, exit: Exit) -> None:  # noqa: A002
        """Its parent asks it to end."""
        if not exit.from_parent or self.manner == "stubborn":
            return
        if self.server is None:
            await leave(WORLD[0], Born(self.name, manner=self.manner), exit.reason)
        else:
            WORLD[0].write(self.name, f"terminate: {text_of(exit.reason)}")
            crash = self.server.get("on", {}).get("terminate", {}).get("crash")
            if crash is not None:
                raise Boom(crash)
        ctx.exit(exit.reason)

    @handler(name="ask")
    def ping(self, _ask: Ask) -> str:
        """Answers a ping."""
        return "pong"

    @handler
    def do(self, ctx: Context, given: Do) -> Any:
        """The commands that such a child is given."""
        verb, *rest = given.command
        if verb == "exit":
            ctx.exit(reason_of(rest[0]))
        if verb == "crash":
            raise Boom(rest[0])
        return {"fault": f"such a child cannot {verb}"}
