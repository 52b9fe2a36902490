"""Servers: idle time-outs, continuing, how they end, and what a declaration cannot be."""

from __future__ import annotations

import asyncio
import types
from typing import Any

import pytest

from everact import (
    ApplicationError,
    Child,
    Context,
    Engine,
    Exit,
    ExitReason,
    HandlerFailed,
    InvalidArgument,
    InvalidDeclaration,
    NoProcess,
    Process,
    Server,
    ServerContext,
    StateMachineContext,
    Supervisor,
    UnknownHandler,
    handler,
)

SEEN: list[str] = []


@pytest.fixture(autouse=True)
def nothing_was_seen() -> None:
    SEEN.clear()


class No(ApplicationError):
    pass


class Echo(Server):
    trap: bool = False
    ends_badly: bool = False

    def activated(self, ctx: ServerContext) -> None:
        ctx.trap_exits(self.trap)

    @handler
    def say(self, ctx: ServerContext, text: str) -> str:
        SEEN.append(f"{'tell' if ctx.is_tell else 'ask'} {text}")
        return text

    @handler
    def idle(self, ctx: ServerContext, seconds: float | None) -> None:
        ctx.hibernate()
        ctx.idle_timeout(seconds)

    @handler
    async def go_on(self, ctx: ServerContext, n: int) -> None:
        await asyncio.sleep(0)
        ctx.continue_with({"left": n})

    def on_continue(self, ctx: ServerContext, value: dict[str, int]) -> None:
        SEEN.append(f"continue {value['left']}")
        if value["left"]:
            ctx.continue_with({"left": value["left"] - 1})

    def on_timeout(self, ctx: ServerContext) -> None:
        SEEN.append("timeout")

    def on_exit(self, ctx: ServerContext, exit: Exit) -> None:  # noqa: A002
        SEEN.append(f"exit {exit.reason}")

    @handler
    def crash(self) -> None:
        raise ValueError("boom")

    @handler
    async def crash_slowly(self) -> None:
        await asyncio.sleep(0)
        raise ValueError("boom")

    @handler
    def refuse(self) -> None:
        raise No("no")

    @handler
    def leave(self, ctx: ServerContext) -> None:
        ctx.exit(ExitReason.custom(7))

    @handler
    def want_what_cannot_be(self, ctx: ServerContext) -> None:
        ctx.continue_with(object())

    @handler
    def want_the_past(self, ctx: ServerContext) -> None:
        ctx.idle_timeout(-1.0)

    def terminate(self, ctx: ServerContext, reason: ExitReason) -> None:
        SEEN.append(f"terminate {reason}")
        if self.ends_badly:
            raise RuntimeError("worse")


class Slow(Server):
    @handler
    def leave(self, ctx: Context) -> None:
        ctx.exit()

    async def terminate(self, reason: ExitReason) -> None:
        await asyncio.sleep(0.01)
        SEEN.append(f"slowly {reason}")


async def test_it_continues_before_any_message_and_has_a_time_out_when_none_comes() -> None:
    async with Engine.in_memory(processes=[Echo]) as engine:
        echo = engine.spawn(Echo)
        echo.tell(Echo.go_on, 2)
        assert await echo.ask(Echo.say, "x") == "x"
        echo.tell(Echo.say, "y")
        await echo.ask(Echo.idle, 0.01)
        await asyncio.sleep(0.1)
        await echo.ask(Echo.idle, None)
        await asyncio.sleep(0.03)
        assert SEEN == ["continue 2", "continue 1", "continue 0", "ask x", "tell y", "timeout"]


@pytest.mark.parametrize("how", ["crash", "crash_slowly", "leave"])
async def test_terminate_runs_before_an_end_of_its_own_making(how: str) -> None:
    async with Engine.in_memory(processes=[Echo]) as engine:
        echo = engine.spawn(Echo)
        end = echo.ended()
        with pytest.raises(HandlerFailed if "crash" in how else NoProcess):
            await echo.ask(how)
        reason = await end
        assert [f"terminate {reason}"] == SEEN
        assert (reason.detail == 7) if how == "leave" else reason.text.endswith("boom")


async def test_terminates_own_failure_is_the_reason_then() -> None:
    async with Engine.in_memory(processes=[Echo]) as engine:
        echo = engine.spawn(Echo(ends_badly=True))
        end = echo.ended()
        echo.tell(Echo.leave)
        assert (await end).text == "RuntimeError: worse"


async def test_a_kill_leaves_no_time_and_an_answer_is_no_end() -> None:
    async with Engine.in_memory(processes=[Echo]) as engine:
        echo = engine.spawn(Echo)
        with pytest.raises(No):
            await echo.ask(Echo.refuse)
        echo.kill()
        assert not echo.is_alive()
        assert SEEN == []


async def test_an_applications_error_that_nobody_waits_for_ends_it() -> None:
    async with Engine.in_memory(processes=[Echo]) as engine:
        echo = engine.spawn(Echo)
        end = echo.ended()
        echo.tell(Echo.refuse)
        await end
        assert SEEN[0].startswith("terminate ")


async def test_exits_are_seen_and_a_supervisors_ends_it_in_good_order() -> None:
    async with Engine.in_memory(processes=[Echo, Slow]) as engine:
        tree = Supervisor(children=[Child(Echo(trap=True), id="echo", name="echo"), Child(Slow, name="slow")])
        top = await engine.run(tree)
        echo = engine.whereis("echo")
        assert echo is not None
        echo.exit(ExitReason.custom("why"))
        assert await echo.ask(Echo.say, "on") == "on"
        await top.terminate_child("echo")
        assert SEEN == ["exit custom 'why'", "ask on", "terminate shutdown"]


async def test_stop_waits_until_it_has_ended() -> None:
    async with Engine.in_memory(processes=[Echo, Slow, Plain]) as engine:
        slow = engine.spawn(Slow)
        await slow.stop(ExitReason.shutdown("enough"))
        assert not slow.is_alive()
        assert SEEN == ["slowly shutdown 'enough'"]
        with pytest.raises(NoProcess):
            await slow.stop()
        with pytest.raises(InvalidArgument, match="reason"):
            await engine.spawn(Echo).stop(ExitReason.KILLED)
        with pytest.raises(UnknownHandler):
            await engine.spawn(Plain).stop()
        with pytest.raises(HandlerFailed, match="worse"):
            await engine.spawn(Echo(ends_badly=True)).stop()


@pytest.mark.parametrize("what", ["want_what_cannot_be", "want_the_past"])
async def test_what_cannot_be_wanted_is_an_error_where_it_is_wanted(what: str) -> None:
    async with Engine.in_memory(processes=[Echo]) as engine:
        with pytest.raises(HandlerFailed, match="InvalidArgument: "):
            await engine.spawn(Echo).ask(what)


class Plain(Process):
    @handler
    def hello(self) -> str:
        return "hello"


def declare(**members: Any) -> Any:
    return types.new_class("Odd", (Server,), {}, lambda names: names.update(members))


def wants(self: Any, ctx: StateMachineContext) -> None: ...


def wants_nothing(self: Any) -> None: ...


def takes(self: Any, ctx: ServerContext, value: int) -> None: ...


@pytest.mark.parametrize(
    ("declared", "text"),
    [
        (declare(go=handler(wants)), "takes a StateMachineContext, and here it is a ServerContext"),
        (declare(on_timeout=takes), "takes no message"),
        (declare(go=handler(state="on")(lambda self: None)), "only a state machine"),
        (declare(terminate=handler(wants_nothing)), "cannot have the name terminate"),
    ],
)
def test_a_declaration_that_cannot_be_is_refused(declared: Any, text: str) -> None:
    with pytest.raises(InvalidDeclaration, match=text):
        Engine.in_memory(processes=[declared])


def test_a_plain_process_has_no_servers_context() -> None:
    class Odd(Process):
        @handler
        def go(self, ctx: ServerContext) -> None: ...

    with pytest.raises(InvalidDeclaration, match="takes a ServerContext, and here it is a Context"):
        Engine.in_memory(processes=[Odd])


async def test_a_handler_that_reads_only_is_refused() -> None:
    class Odd(Server):
        @handler(read_only=True)
        def go(self) -> None: ...

    with pytest.raises(InvalidDeclaration, match="read_only"):
        await Engine.in_memory(processes=[Odd]).open()
