"""The people who use the telephone: every few milliseconds one of them lifts a handset."""

import asyncio
from typing import NoReturn

import msgspec
from call import Plan
from dice import Dice
from exchange import Exchange

from everact import ProcessContext, process

PAUSE_S = 0.008


class Day(msgspec.Struct):
    """How much they talk."""

    seed: int
    calls: int
    lines: int


@process
async def traffic(ctx: ProcessContext[NoReturn], day: Day) -> None:
    """Places so many calls, and is done."""
    dice = Dice(day.seed)
    exchange = ctx.whereis("exchange")
    assert exchange is not None
    for _ in range(day.calls):
        await exchange.ask(Exchange.place, plan(dice, day.lines))
        await asyncio.sleep(PAUSE_S)


def plan(dice: Dice, lines: int) -> Plan:
    """One in twelve forgets to dial, one in eight is not at home."""
    caller, callee = dice.roll(lines), dice.roll(lines)
    dials = f"{callee:02}" if dice.roll(12) else ""
    answer_ms = 2 + dice.roll(15) if dice.roll(8) else 0
    return Plan(caller, dials, answer_ms, talk_ms=10 + dice.roll(50))
