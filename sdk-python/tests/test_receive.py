"""Processes that receive their messages themselves: which message, when, and what becomes of those that ask."""

from __future__ import annotations

import asyncio
import gc
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, NoReturn

import msgspec
import pytest

from everact import (
    DeadlineExceeded,
    Down,
    Engine,
    Exit,
    ExitReason,
    HandlerFailed,
    InvalidArgument,
    InvalidDeclaration,
    InvalidPayload,
    Joined,
    Left,
    NoProcess,
    ProcessContext,
    ProcessFunction,
    ProcessRef,
    ReplyTo,
    UnknownHandler,
    process,
)

PROGRAM = Path(__file__).resolve().parents[2] / "examples/pingpong/python/pingpong.py"


class Say(msgspec.Struct):
    text: str


class Count(msgspec.Struct):
    n: int = 0


class Stop(msgspec.Struct):
    pass


class Give(msgspec.Struct):
    """Asks for what was collected, in the order in which it was received."""


class Plan(msgspec.Struct):
    wanted: list[str]


class Lost(Exception):
    pass


@process
async def collector(ctx: ProcessContext[Say | Count | Give | Stop], plan: Plan) -> None:
    """Receives what its plan says, in that order, and then whatever comes."""
    got: list[str] = []
    for wanted in plan.wanted:
        if wanted == "say":
            got.append((await ctx.receive(Say)).text)
        elif wanted == "count":
            got.append(str((await ctx.receive(Count)).n))
        elif wanted == "big":
            found = await ctx.receive(lambda message: isinstance(message, Count) and message.n > 100)
            assert isinstance(found, Count)
            got.append(str(found.n))
        elif wanted == "any of two":
            match await ctx.receive(Say, Count):
                case Say(text):
                    got.append(text)
                case Count(n):
                    got.append(str(n))
        else:
            try:
                await ctx.receive(Stop, timeout=float(wanted))
            except TimeoutError:
                got.append("late")
    while True:
        match await ctx.receive():
            case Say(text):
                got.append(text)
            case Count(n):
                got.append(str(n))
            case Give():
                ctx.reply(got)
            case Stop():
                return


@process
async def answerer(ctx: ProcessContext[Say | Count | Stop]) -> None:
    """Keeps the first who asks, and answers with the second."""
    kept: ReplyTo | None = None
    while True:
        match await ctx.receive():
            case Say(text) if kept is None:
                kept = ctx.caller
            case Say(text):
                assert kept is not None
                kept.reply(text)
                kept.reply("again")
                ctx.reply(text.upper())
                kept = None
            case Count(n):
                assert ctx.caller is not None
                ctx.caller.fail(Lost(f"{n} of them"))
            case Stop():
                return


@process
async def observer(ctx: ProcessContext[Say | Give | Exit | Down | Joined | Left], whom: ProcessRef[Stop]) -> None:
    """Tells what comes of its ties."""
    seen: list[str] = []
    ctx.trap_exits()
    ctx.link(whom)
    monitor = ctx.monitor(whom)
    group, _ = ctx.monitor_group("room")
    while True:
        match await ctx.receive():
            case Exit(who, reason):
                assert who == whom
                seen.append(f"exit {reason}")
            case Down(found, who, reason):
                assert (found, who) == (monitor, whom)
                seen.append(f"down {reason}")
            case Joined(found, name, who):
                assert found == group
                seen.append(f"{who.kind} joined {name}")
            case Left(_, name):
                seen.append(f"left {name}")
            case Give():
                ctx.reply(seen)
            case Say(text):
                ctx.exit(ExitReason.custom(text))


@process
async def idler(ctx: ProcessContext[Stop]) -> None:
    await ctx.receive()


ENDED: list[str] = []


@process
async def stubborn(ctx: ProcessContext[Stop]) -> None:
    try:
        await ctx.receive()
    except asyncio.CancelledError:
        ENDED.append("cancelled")
        try:
            ctx.spawn(idler)
        except NoProcess:
            ENDED.append("nothing can be done")
        try:
            await ctx.receive()
        except NoProcess:
            ENDED.append("nothing comes")


@process
async def failing(ctx: ProcessContext[Say]) -> None:
    match await ctx.receive():
        case Say(text):
            raise ValueError(text)


@process
async def forwarder(ctx: ProcessContext[Say], to: ProcessRef[Say]) -> None:
    while True:
        message = await ctx.receive()
        to.tell(Say(f"{message.text} from {ctx.sender}"))


@process
async def parent(ctx: ProcessContext[Give]) -> None:
    child, monitor = ctx.spawn_monitor(failing)
    child.tell(Say("no"))
    await ctx.receive(Give)
    caller = ctx.caller
    down = await ctx.receive(monitor)
    assert caller is not None
    assert ctx.caller is None
    caller.reply(f"{down.reason.name} in {down.who == child}")


@process
async def many(ctx: ProcessContext[Say | Give], count: int) -> None:
    """Waits for the ends of its children one by one, the last first, on a long mailbox."""
    children = [ctx.spawn_monitor(idler) for _ in range(count)]
    for child, _ in children:
        child.kill()
    await ctx.receive(Give)
    caller = ctx.caller
    for _, monitor in reversed(children):
        down = await ctx.receive(monitor)
        assert down.reason == ExitReason.KILLED
    assert caller is not None
    caller.reply(True)


FUNCTIONS: list[ProcessFunction[Any, Any]] = [
    collector,
    answerer,
    observer,
    idler,
    stubborn,
    failing,
    forwarder,
    parent,
    many,
]


def engine() -> Engine:
    return Engine.in_memory(processes=FUNCTIONS)


async def test_what_is_passed_over_stays_in_its_order() -> None:
    async with engine() as here:
        plan = Plan(["count", "big", "any of two", "say"])
        one = here.spawn(collector, plan)
        for message in (Say("a"), Count(1), Say("b"), Count(2), Count(200), Say("c"), Count(3)):
            one.tell(message)
        assert await one.ask(Give(), returns=list[str]) == ["1", "200", "a", "b", "2", "c", "3"]
        one.tell(Stop())
        assert await one.ended() == ExitReason.NORMAL


async def test_a_receive_gives_up_in_time_and_no_sooner() -> None:
    async with engine() as here:
        began = time.monotonic()
        one = here.spawn(collector, Plan(["0", "0.2", "0"]))
        one.tell(Say("a"))
        assert await one.ask(Give()) == ["late", "late", "late", "a"]
        assert 0.19 < time.monotonic() - began < 2


async def test_messages_that_do_not_match_do_not_prolong_a_receive() -> None:
    async with engine() as here:
        began = time.monotonic()
        one = here.spawn(collector, Plan(["0.3"]))
        for _ in range(5):
            one.tell(Say("a"))
            await asyncio.sleep(0.05)
        assert await one.ask(Give()) == ["late", *["a"] * 5]
        assert 0.29 < time.monotonic() - began < 2


async def test_an_answer_may_be_kept_and_given_later_and_only_once() -> None:
    async with engine() as here:
        one = here.spawn(answerer)
        first = asyncio.ensure_future(one.ask(Say("first")))
        await asyncio.sleep(0.01)
        assert await one.ask(Say("second")) == "SECOND"
        assert await first == "second"
        with pytest.raises(HandlerFailed, match=r"^Lost: 3 of them$"):
            await one.ask(Count(3))
        unanswered = asyncio.ensure_future(one.ask(Say("third")))
        await asyncio.sleep(0.01)
        one.tell(Stop())
        with pytest.raises(NoProcess):
            await unanswered
        with pytest.raises(DeadlineExceeded):
            await here.spawn(answerer).with_options(deadline_ms=20).ask(Say("nobody answers"))


async def test_ends_and_groups_are_messages_among_the_others() -> None:
    async with engine() as here:
        whom = here.spawn(idler)
        one = here.spawn(observer, whom)
        assert await one.ask(Give()) == []
        whom.exit(ExitReason.shutdown("enough"))
        assert await one.ask(Give()) == ["exit shutdown 'enough'", "down shutdown 'enough'"]
        ended = asyncio.ensure_future(one.ended())
        await asyncio.sleep(0)
        one.tell(Say("over"))
        assert await ended == ExitReason.custom("over")


async def test_a_process_that_is_ended_stops_at_its_next_wait_and_does_nothing_more() -> None:
    ENDED.clear()
    async with engine() as here:
        one = here.spawn(stubborn)
        await asyncio.sleep(0.01)
        one.kill()
        assert not one.is_alive()
        await asyncio.sleep(0.01)
        assert ENDED == ["cancelled", "nothing can be done", "nothing comes"]


async def test_what_a_function_raises_is_why_its_process_ended(caplog: pytest.LogCaptureFixture) -> None:
    async with engine() as here:
        one = here.spawn(failing)
        ended = asyncio.ensure_future(one.ended())
        await asyncio.sleep(0)
        one.tell(Say("no"))
        reason = await ended
        assert (reason.why, reason.name, reason.text) == ("failed", "ValueError", "ValueError: no")
        assert "raise ValueError(text)" in reason.stack
        assert "failing" in caplog.text
        assert await here.spawn(parent).ask(Give()) == "ValueError in True"


async def test_the_sender_of_a_message_is_the_process_that_sent_it() -> None:
    async with engine() as here:
        last = here.spawn(collector, Plan([]))
        second = here.spawn(forwarder, last)
        first = here.spawn(forwarder, second)
        first.tell(Say("hello"))
        await asyncio.sleep(0.01)
        assert await last.ask(Give()) == [f"hello from None from {first}"]


async def test_what_does_not_fit_is_refused_where_it_is_sent_and_where_it_arrives() -> None:
    async with engine() as here:
        one = here.spawn(collector, Plan([]))
        with pytest.raises(InvalidArgument, match="collector takes Say, Count, Give, Stop, not Lost"):
            one.tell(Lost())  # type: ignore[call-overload]
        with pytest.raises(InvalidPayload, match="text"):
            await one.ask("say", {"text": 7})
        one.tell("say", {"text": 7})
        one.tell("say", {"text": "fits"})
        assert await one.ask(Give()) == ["fits"]
        with pytest.raises(InvalidArgument, match="its argument"):
            here.spawn(collector, Plan([7]))  # type: ignore[list-item]
        with pytest.raises(InvalidArgument, match="takes no argument"):
            here.spawn(idler, 7)  # type: ignore[misc]


def test_a_function_that_cannot_be_one_is_refused_with_the_reason() -> None:
    def sync(ctx: ProcessContext[Say]) -> None: ...

    async def no_context(n: int) -> None: ...

    async def no_type(ctx: ProcessContext[Any]) -> None: ...

    async def too_much(ctx: ProcessContext[Say], one: int, other: int) -> None: ...

    with pytest.raises(InvalidDeclaration, match="async def"):
        process(sync)  # type: ignore[arg-type]
    for function, text in ((no_context, "ProcessContext"), (no_type, "class of its own"), (too_much, "one argument")):
        with pytest.raises(InvalidDeclaration, match=text):
            Engine.in_memory(processes=[process(function)])  # type: ignore[arg-type]


async def test_a_long_mailbox_costs_no_more_for_each_receive() -> None:
    async with engine() as here:
        took = []
        for count in (500, 4000):
            one = here.spawn(many, count)
            began = time.perf_counter()
            assert await one.with_options(deadline_ms=30_000).ask(Give()) is True
            took.append(time.perf_counter() - began)
        assert took[1] < took[0] * 8 * 4


async def test_a_process_that_ended_leaves_nothing() -> None:
    async with engine() as here:
        lane: Any = here._lane
        for _ in range(3):
            started = [here.spawn(idler) for _ in range(100)]
            await asyncio.sleep(0.02)
            for one in started:
                one.kill()
            await asyncio.sleep(0.02)
            assert (len(lane.tasks), len(lane.activations), len(lane.pending), len(lane.cancelling)) == (0, 0, 0, 0)
            assert here.stats()["activations"] == 0
        gc.collect()
        assert not [one for one in gc.get_objects() if type(one) is ProcessContext]


async def test_the_wait_of_a_receive_can_be_given_up_by_its_own_code() -> None:
    async with engine() as here:
        one = here.spawn(impatient)
        await asyncio.sleep(0.05)
        one.tell(Say("a"))
        assert await one.ask(Give()) == ["given up", "a"]


@process
async def impatient(ctx: ProcessContext[Say | Give]) -> None:
    got: list[str] = []
    try:
        await asyncio.wait_for(ctx.receive(timeout=0.1), 0.01)
    except asyncio.TimeoutError:
        got.append("given up")
    got.append((await ctx.receive(Say, timeout=10)).text)
    await ctx.receive(Give)
    ctx.reply(got)


FUNCTIONS.append(impatient)


@process
async def divided(ctx: ProcessContext[Say | Give]) -> None:
    waiting = asyncio.ensure_future(ctx.receive(Say))
    await asyncio.sleep(0)
    try:
        await ctx.receive()
    except InvalidArgument as error:
        waiting.cancel()
        await asyncio.wait({waiting})
        await ctx.receive(Give)
        ctx.reply(str(error))


FUNCTIONS.append(divided)


async def test_one_task_at_a_time_waits_for_messages() -> None:
    async with engine() as here:
        assert "one message at a time" in await here.spawn(divided).ask(Give())


def test_ping_pong_prints_what_erlangs_prints() -> None:
    done = subprocess.run([sys.executable, PROGRAM], capture_output=True, text=True, timeout=60, check=True)
    rounds = ["Pong received ping", "Ping received pong"] * 3
    assert done.stdout.splitlines() == [*rounds, "ping finished", "Pong finished"]


async def test_a_function_that_takes_no_message_says_never() -> None:
    @process
    async def alone(ctx: ProcessContext[NoReturn], n: int) -> None:
        ctx.exit(ExitReason.shutdown(n + 1))

    async with Engine.in_memory(processes=[alone]) as engine:
        one = engine.spawn(alone, 1)
        with pytest.raises(UnknownHandler):
            one.tell("say", {"text": "hello"})
        assert (await one.ended()).detail == 2
