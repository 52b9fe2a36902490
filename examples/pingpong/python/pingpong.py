"""Two processes that play ping-pong, as in Erlang's own guide: the same messages, the same lines."""

import asyncio

import msgspec

from everact import Engine, ProcessContext, ProcessRef, process


class Ping(msgspec.Struct):
    """Asks for a pong."""

    sender: "ProcessRef[Pong]"


class Pong(msgspec.Struct):
    """Answers a ping."""


class Finished(msgspec.Struct):
    """There will be no more pings."""


@process
async def ping(ctx: ProcessContext[Pong], game: "Game") -> None:
    """Sends so many pings, each when the one before has been answered."""
    for _ in range(game.rounds):
        game.other.tell(Ping(ctx.self))
        await ctx.receive(Pong)
        print("Ping received pong")
    game.other.tell(Finished())
    print("ping finished")


@process
async def pong(ctx: ProcessContext[Ping | Finished]) -> None:
    """Answers pings until there are no more."""
    while True:
        match await ctx.receive():
            case Ping(sender):
                print("Pong received ping")
                sender.tell(Pong())
            case Finished():
                print("Pong finished")
                return


class Game(msgspec.Struct):
    """What ping is spawned with."""

    rounds: int
    other: ProcessRef[Ping | Finished]


async def main() -> None:
    """Plays one game."""
    async with Engine.in_memory(processes=[ping, pong]) as engine:
        other = engine.spawn(pong)
        engine.spawn(ping, Game(3, other))
        await other.ended()


asyncio.run(main())
