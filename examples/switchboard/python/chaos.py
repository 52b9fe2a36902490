"""Chaos: kills a call or a line every few milliseconds, from a seed, and sees it die."""

from typing import Any

import msgspec
from dice import Dice

from everact import Down, ExitReason, ProcessContext, ProcessRef, SupervisorRef, process

PAUSE_S = 0.03


class Stop(msgspec.Struct):
    """Asks for an end of it; answered by `Kills`."""


class Kills(msgspec.Struct):
    """What it has killed."""

    calls: int = 0
    lines: int = 0


class Storm(msgspec.Struct):
    """What it is let loose on."""

    seed: int
    lines: int


@process
async def chaos(ctx: ProcessContext[Stop | Down], storm: Storm) -> None:
    """Goes on until it is stopped."""
    dice, kills = Dice(storm.seed), Kills()
    while True:
        try:
            await ctx.receive(Stop, timeout=PAUSE_S)
        except TimeoutError:
            if dice.roll(2):
                kills.calls += await kill_a_call(ctx, dice)
            else:
                kills.lines += await kill_a_line(ctx, dice.roll(storm.lines))
        else:
            ctx.reply(kills)
            return


async def kill_a_call(ctx: ProcessContext[Stop | Down], dice: Dice) -> bool:
    """Any of those that are under way."""
    calls = ctx.whereis("calls")
    assert isinstance(calls, SupervisorRef)
    under_way = await calls.children()
    if not under_way:
        return False
    return await kill(ctx, under_way[dice.roll(len(under_way))].process)


async def kill_a_line(ctx: ProcessContext[Stop | Down], number: int) -> bool:
    """Whatever it is doing."""
    return await kill(ctx, ctx.whereis(f"line {number:02}"))


async def kill(ctx: ProcessContext[Stop | Down], victim: ProcessRef[Any] | None) -> bool:
    """Whether it was the kill that ended it: a call may have ended by itself just before."""
    if victim is None:
        return False
    end = ctx.monitor(victim)
    victim.kill()
    return (await ctx.receive(end)).reason == ExitReason.KILLED
