"""Durable actors of a scenario, which OTP does not have: what they hear of others is in their logs."""

from __future__ import annotations

from typing import Any

from puppet import Ask, Born, Do, puppet
from terms import Boom, text_of
from world import WORLD, World

from everact import Actor, Context, Down, EveractError, Exit, HandlerFailed, handler


class Resident(Actor):
    """A durable actor whose key is its name."""

    value: int = 0

    def activated(self, ctx: Context) -> None:
        """It comes into memory."""
        WORLD[0].write(ctx.key, "activated")

    def passivating(self, ctx: Context) -> None:
        """It leaves memory."""
        WORLD[0].write(ctx.key, "passivating")

    def on_exit(self, ctx: Context, exit: Exit) -> None:  # noqa: A002
        """The end of one that it is linked to."""
        WORLD[0].write(ctx.key, f"exit {WORLD[0].name(exit.who)} {text_of(exit.reason)}")

    def on_down(self, ctx: Context, down: Down) -> None:
        """The end of one that it watches."""
        WORLD[0].write(ctx.key, f"down {WORLD[0].name(down.who)} {text_of(down.reason)}")

    @handler
    def ask(self, _ask: Ask) -> str:
        """Answers a ping."""
        return "pong"

    @handler
    def do(self, ctx: Context, given: Do) -> Any:
        """Does a command."""
        world = WORLD[0]
        match given.command:
            case ["link", name]:
                ctx.link(world.tied(name))
            case ["unlink", name]:
                ctx.unlink(world.tied(name))
            case ["monitor", name]:
                ctx.monitor(world.tied(name))
            case ["trap", on]:
                ctx.trap_exits(on)
            case ["spawn_link", name]:
                world.enter(name, ctx.spawn_link(puppet, Born(name)))
            case ["passivate"]:
                ctx.passivate()
            case ["add", amount]:
                self.value += amount
                return self.value
            case ["crash", text]:
                self.value = -1
                raise Boom(text)
            case [verb, *_]:
                return {"fault": f"an actor cannot {verb}"}
        return "ok"


async def act(world: World, name: str, command: list[Any]) -> Any:
    """Has an actor do something."""
    try:
        return await world.engine.actor(Resident, name).do(Do(command))
    except HandlerFailed as error:
        return ["failed", f"error:{str(error).removeprefix('Boom: ')}"]
    except EveractError as error:
        return ["failed", type(error).__name__]
