"""State machines: functions of states, what a callback may want, durable ones, and what a declaration cannot be."""

from __future__ import annotations

import asyncio
import types
from pathlib import Path
from typing import Any

import pytest

from everact import (
    Actor,
    Down,
    Engine,
    ExitReason,
    HandlerFailed,
    InvalidArgument,
    InvalidDeclaration,
    InvalidPayload,
    NoProcess,
    ReplyTo,
    StateMachine,
    StateMachineActor,
    StateMachineContext,
    StateMismatch,
    Timeout,
    UnknownHandler,
    handler,
    hook,
)

SEEN: list[str] = []


@pytest.fixture(autouse=True)
def nothing_was_seen() -> None:
    SEEN.clear()


class Phone(StateMachine, initial="idle", states=["broken"]):
    calls: int = 0
    caller: str = ""

    @handler(state="idle")
    def ring(self, ctx: StateMachineContext, who: str) -> str:
        self.calls += 1
        self.caller = who
        ctx.next_state("ringing")
        return f"ringing for {who}"

    @handler(state=("ringing", "talking"), name="ring")
    async def ring_while_busy(self, ctx: StateMachineContext, who: str) -> str:
        await asyncio.sleep(0)
        ctx.postpone()
        return ""

    @handler(state="ringing")
    def take(self, ctx: StateMachineContext) -> None:
        ctx.next_state("talking")
        ctx.next_event(Phone.note, "taken")
        ctx.next_event("note", "again")

    @handler
    def note(self, ctx: StateMachineContext, text: str) -> None:
        SEEN.append(f"{self.state} {text}{' inserted' if ctx.is_internal else ''}")

    @handler
    def hang_up(self, ctx: StateMachineContext) -> str:
        ctx.next_state("idle")
        return self.state

    @handler
    def again(self, ctx: StateMachineContext) -> None:
        ctx.repeat_state()

    @handler
    def times(self, ctx: StateMachineContext, which: str) -> None:
        match which:
            case "state":
                ctx.state_timeout(0.01, {"for": "state"})
            case "event":
                ctx.event_timeout(0.01)
            case "named":
                ctx.named_timeout("tick", 0.01, 1)
            case "update":
                ctx.named_timeout("tick", 30.0, 1)
                ctx.update_timeout("tick", 2)
                ctx.named_timeout("tick", 0.01, 3)
            case "cancel":
                ctx.named_timeout("tick", 0.01)
                ctx.cancel_timeout("tick")
                ctx.state_timeout(None)

    def on_timeout(self, ctx: StateMachineContext, timeout: Timeout) -> None:
        SEEN.append(f"{self.state} {timeout.which} {timeout.content}")

    @hook("on_timeout", state="talking")
    def no_more(self, ctx: StateMachineContext, timeout: Timeout) -> None:
        SEEN.append(f"talking, {timeout.which}")
        ctx.next_state("idle")

    @hook("on_enter", state="ringing")
    def rings(self, ctx: StateMachineContext, previous: str) -> None:
        SEEN.append(f"{previous} to {self.state}")

    @handler
    def go(self, ctx: StateMachineContext, where: str) -> None:
        ctx.next_state(where)

    @handler
    def assign(self) -> None:
        self.state = "idle"

    @handler
    def crash(self, ctx: StateMachineContext) -> None:
        ctx.next_state("broken")
        raise ValueError("boom")

    @hook("on_enter", state="broken")
    def breaks(self) -> None:
        raise ValueError("cannot be entered")

    @handler
    def wrong(self, ctx: StateMachineContext, what: str) -> None:
        match what:
            case "name":
                ctx.named_timeout("state", 1.0)
            case "event":
                ctx.next_event("no such")
            case "content":
                ctx.state_timeout(1.0, object())
            case "time":
                ctx.event_timeout(-1.0)

    @handler
    def watch(self, ctx: StateMachineContext) -> int:
        return ctx.spawn_monitor(Phone)[0].number

    def on_down(self, ctx: StateMachineContext, down: Down) -> None:
        SEEN.append(f"down {down.reason}")

    def terminate(self, ctx: StateMachineContext, reason: ExitReason) -> None:
        SEEN.append(f"terminate in {self.state}: {reason}")


async def test_the_state_chooses_the_function_and_postpones_what_it_does_not_want() -> None:
    async with Engine.in_memory(processes=[Phone]) as engine:
        phone = engine.spawn(Phone)
        assert await phone.ask(Phone.ring, "Joe") == "ringing for Joe"
        second = asyncio.ensure_future(phone.ask(Phone.ring_while_busy, "Mike"))
        await asyncio.sleep(0.01)
        phone.tell(Phone.take)
        phone.tell(Phone.note, "told")
        assert await phone.ask(Phone.hang_up) == "talking"  # the state changes when the callback has returned
        assert await second == "ringing for Mike"
        assert SEEN == [
            "idle to ringing",
            "talking taken inserted",
            "talking again inserted",
            "talking told",
            "idle to ringing",
        ]


async def test_a_state_without_a_function_for_a_message_is_a_failure() -> None:
    async with Engine.in_memory(processes=[Phone]) as engine:
        phone = engine.spawn(Phone)
        end = phone.ended()
        with pytest.raises(UnknownHandler, match="phone has no handler take in the state idle"):
            await phone.ask(Phone.take)
        assert (await end).why == "failed"
        assert SEEN == ["terminate in idle: phone has no handler take in the state idle"]


@pytest.mark.parametrize(
    ("which", "seen"),
    [
        ("state", ["ringing state {'for': 'state'}"]),
        ("event", ["ringing event None"]),
        ("named", ["ringing tick 1"]),
        ("update", ["ringing tick 3"]),
        ("cancel", []),
    ],
)
async def test_time_outs_come_unless_they_are_cancelled(which: str, seen: list[str]) -> None:
    async with Engine.in_memory(processes=[Phone]) as engine:
        phone = engine.spawn(Phone(state="ringing"))
        await phone.ask(Phone.times, which)
        await asyncio.sleep(0.1)
        assert ["ringing to ringing", *seen] == SEEN


async def test_a_hook_for_one_state_goes_before_the_one_for_all() -> None:
    async with Engine.in_memory(processes=[Phone]) as engine:
        phone = engine.spawn(Phone(state="talking"))
        await phone.ask(Phone.times, "event")
        await asyncio.sleep(0.05)
        assert await phone.ask(Phone.hang_up) == "idle"
        assert SEEN == ["talking, event"]


async def test_repeating_a_state_enters_it_again() -> None:
    async with Engine.in_memory(processes=[Phone]) as engine:
        phone = engine.spawn(Phone(state="ringing"))
        await phone.ask(Phone.again)
        await phone.ask(Phone.note, "x")
        assert SEEN == ["ringing to ringing", "ringing to ringing", "ringing x"]


async def test_terminate_knows_the_state_that_it_was_in() -> None:
    async with Engine.in_memory(processes=[Phone]) as engine:
        phone = engine.spawn(Phone(state="talking"))
        with pytest.raises(HandlerFailed, match="boom"):
            await phone.ask(Phone.crash)
        phone = engine.spawn(Phone(state="talking"))
        end = phone.ended()
        await phone.ask(Phone.go, "broken")
        assert "cannot be entered" in (await end).text
        assert [line.split(":")[0] for line in SEEN] == ["terminate in talking", "terminate in talking"]
        SEEN.clear()
        phone = engine.spawn(Phone(state="talking"))
        await phone.stop()
        assert SEEN == ["terminate in talking: normal"]


async def test_it_watches_others() -> None:
    async with Engine.in_memory(processes=[Phone]) as engine:
        phone = engine.spawn(Phone)
        other = engine._home.process(await phone.ask(Phone.watch), None)
        other.kill()
        await phone.ask(Phone.note, "x")
        assert SEEN == ["down killed", "idle x"]


@pytest.mark.parametrize(
    ("handler", "message", "text"),
    [
        ("go", "nowhere", "InvalidArgument: phone has no state 'nowhere'; it has idle, broken, "),
        ("wrong", "name", "InvalidArgument: a named time-out cannot be called 'state'"),
        ("wrong", "event", "UnknownHandler: phone has no handler 'no such'"),
        ("wrong", "content", "InvalidArgument: the content of a time-out"),
        ("wrong", "time", "InvalidArgument: seconds is a number of seconds"),
    ],
)
async def test_what_cannot_be_wanted_is_an_error_where_it_is_wanted(handler: str, message: str, text: str) -> None:
    async with Engine.in_memory(processes=[Phone]) as engine:
        with pytest.raises(HandlerFailed, match=text):
            await engine.spawn(Phone).ask(handler, message)


async def test_the_state_is_not_assigned() -> None:
    async with Engine.in_memory(processes=[Phone]) as engine:
        with pytest.raises(HandlerFailed, match="not by an assignment"):
            await engine.spawn(Phone(state="talking")).ask(Phone.assign)
        assert SEEN[0].startswith("terminate in talking")


async def test_a_state_that_is_not_declared_cannot_be_the_first() -> None:
    async with Engine.in_memory(processes=[Phone]) as engine:
        phone = engine.spawn(Phone(state="nowhere"))
        with pytest.raises((NoProcess, StateMismatch)):
            await phone.ask(Phone.hang_up)


async def test_messages_are_checked_as_those_of_any_process() -> None:
    async with Engine.in_memory(processes=[Phone]) as engine:
        phone = engine.spawn(Phone)
        with pytest.raises(InvalidPayload):
            await phone.ask("ring", 7)
        assert phone.is_alive()


class Queue(StateMachine, initial="empty"):
    def activated(self) -> None:
        self.asker: ReplyTo | None = None

    @handler(state="empty")
    def take(self, ctx: StateMachineContext) -> str:
        self.asker = ctx.defer()
        ctx.next_state("wanted")
        return ""

    @handler(state="wanted")
    def put(self, ctx: StateMachineContext, what: str) -> None:
        assert self.asker is not None
        ctx.next_state("full")
        ctx.next_ask(self.asker, Queue.give, what)

    @handler(state="full")
    def give(self, ctx: StateMachineContext, what: str) -> str:
        assert not ctx.is_tell
        return what


async def test_an_event_may_be_an_ask_that_was_left_open() -> None:
    async with Engine.in_memory(processes=[Queue]) as engine:
        queue = engine.spawn(Queue)
        taking = asyncio.ensure_future(queue.ask(Queue.take))
        await asyncio.sleep(0)
        await queue.ask(Queue.put, "a thing")
        assert await taking == "a thing"


class Order(StateMachineActor, initial="new"):
    paid: int = 0

    @handler(state="new")
    async def pay(self, ctx: StateMachineContext, amount: int) -> str:
        self.paid += amount
        if amount < 0:
            ctx.next_state("paid")
            raise ValueError("no such amount")
        if self.paid >= 10:
            ctx.next_state("paid")
        return self.state

    @handler(state="paid", name="pay")
    async def pay_again(self, amount: int) -> str:
        return "it is paid"

    @handler
    def look(self) -> str:
        return self.state

    def on_enter(self, ctx: StateMachineContext, previous: str) -> None:
        SEEN.append(f"{previous} to {self.state}")


async def test_a_durable_machine_is_where_it_was(tmp_path: Path) -> None:
    async with Engine(tmp_path, actors=[Order]) as engine:
        order = engine.actor(Order, "1")
        assert await order.pay(4) == "new"
        with pytest.raises(HandlerFailed, match="no such amount"):
            await order.pay(-1)
        assert await order.look() == "new"
        assert await order.pay(6) == "new"
        assert await order.pay_again(1) == "it is paid"
        assert await engine.actor("order", "1").ask("pay", 1) == "it is paid"
    async with Engine(tmp_path, actors=[Order]) as engine:
        assert await engine.actor(Order, "1").look() == "paid"
        assert await engine.actor(Order, "2").look() == "new"


def declare(**members: Any) -> Any:
    return types.new_class("Odd", (StateMachine,), {"initial": "a"}, lambda names: names.update(members))


def function(self: Any) -> None: ...


@pytest.mark.parametrize(
    ("declared", "text"),
    [
        (types.new_class("Odd", (StateMachine,)), "names the state that it begins in"),
        (
            declare(
                one=handler(state="a", name="go")(lambda self: None),
                two=handler(name="go", state="a")(lambda self: None),
            ),
            "two functions are for a",
        ),
        (
            declare(one=handler(lambda self: None), two=handler(name="one")(lambda self: None)),
            "two functions are for any state",
        ),
        (declare(on_enter=handler(function)), "cannot have the name on_enter"),
    ],
)
def test_a_declaration_that_cannot_be_is_refused(declared: Any, text: str) -> None:
    with pytest.raises(InvalidDeclaration, match=text):
        Engine.in_memory(processes=[declared])


def test_only_hooks_of_states_are_marked_as_such() -> None:
    with pytest.raises(InvalidDeclaration, match="no hook that may be for a state"):
        hook("activated", state="a")


def test_a_machine_is_listed_among_its_own() -> None:
    with pytest.raises(InvalidDeclaration):
        Engine.in_memory(actors=[Phone])  # type: ignore[list-item]
    with pytest.raises(InvalidDeclaration):
        Engine.in_memory(processes=[Order])  # type: ignore[list-item]
    assert issubclass(Order, Actor)


def test_next_state_of_a_turn_that_is_over_is_an_error() -> None:
    kept: list[StateMachineContext] = []

    class Leaky(StateMachine, initial="a"):
        @handler
        def go(self, ctx: StateMachineContext) -> None:
            kept.append(ctx)

    async def play() -> None:
        async with Engine.in_memory(processes=[Leaky]) as engine:
            await engine.spawn(Leaky).ask(Leaky.go)
            with pytest.raises(InvalidArgument, match="has ended"):
                kept[0].next_state("a")

    asyncio.run(play())
