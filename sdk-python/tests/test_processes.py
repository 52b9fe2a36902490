"""Processes with handlers: spawned, told, asked, tied to one another, named, grouped, and ended."""

from __future__ import annotations

import asyncio
import gc
from typing import Any

import pytest

import everact
from everact import (
    Actor,
    Closed,
    Context,
    Down,
    Engine,
    Exit,
    ExitReason,
    HandlerFailed,
    InvalidArgument,
    InvalidPayload,
    Joined,
    Left,
    MailboxFull,
    NameTaken,
    NoProcess,
    Options,
    Overloaded,
    Process,
    ProcessRef,
    UnknownHandler,
    UnknownKind,
    handler,
)


class Counter(Process):
    count: int = 0

    @handler
    def add(self, n: int) -> int:
        self.count += n
        return self.count

    @handler
    def crash(self, text: str) -> None:
        raise ValueError(text)

    @handler
    def refuse(self) -> None:
        raise NotToday("not today")

    @handler
    def leave(self, ctx: Context, detail: str) -> None:
        ctx.exit(ExitReason.custom(detail))

    @handler
    def who(self, ctx: Context) -> ProcessRef[Counter]:
        return ctx.self


class NotToday(everact.ApplicationError):
    pass


class Watcher(Process):
    """Does what it is told about its ties, and keeps what comes of them."""

    seen: list[str] = []

    @handler
    def trap(self, ctx: Context, on: bool) -> bool:
        return ctx.trap_exits(on)

    @handler
    def link(self, ctx: Context, to: ProcessRef[Any]) -> None:
        ctx.link(to)

    @handler
    def unlink(self, ctx: Context, other: ProcessRef[Any]) -> None:
        ctx.unlink(other)

    @handler
    def watch(self, ctx: Context, whom: ProcessRef[Any]) -> None:
        self.monitor = ctx.monitor(whom)

    @handler
    def unwatch(self, ctx: Context) -> bool:
        return ctx.demonitor(self.monitor, flush=True)

    @handler
    def spawn(self, ctx: Context, tie: str) -> ProcessRef[Counter]:
        if tie == "link":
            return ctx.spawn_link(Counter(count=1))
        if tie == "monitor":
            child, self.monitor = ctx.spawn_monitor(Counter(count=2))
            return child
        return ctx.spawn(Counter)

    @handler
    def join(self, ctx: Context, group: str) -> None:
        ctx.join(group)

    @handler
    def leave(self, ctx: Context, group: str) -> bool:
        return ctx.leave(group)

    @handler
    def watch_group(self, ctx: Context, group: str) -> list[ProcessRef[Any]]:
        self.group, members = ctx.monitor_group(group)
        return members

    @handler
    def take_name(self, ctx: Context, name: str) -> None:
        ctx.register(name)

    @handler
    async def ask_add(self, to: ProcessRef[Counter]) -> int:
        return await to.ask(Counter.add, 10)

    @handler
    def tell_add(self, to: ProcessRef[Counter]) -> None:
        for n in range(3):
            to.tell(Counter.add, n)

    @handler
    def all_seen(self) -> list[str]:
        return self.seen

    def on_exit(self, exit: Exit) -> None:  # noqa: A002
        self.seen.append(f"exit {exit.reason}")

    def on_down(self, ctx: Context, down: Down) -> None:
        assert down.monitor == self.monitor
        self.seen.append(f"down {down.reason} in {ctx.kind}")

    def on_group(self, change: Joined | Left) -> None:
        assert change.monitor == self.group
        self.seen.append(f"{type(change).__name__.lower()} {change.group} {change.process.kind}")


class Desk(Actor, transient=True):
    """An actor that works with processes."""

    helper: ProcessRef[Counter] | None = None

    @handler
    def hire(self, ctx: Context) -> ProcessRef[Counter]:
        self.helper = ctx.spawn(Counter(count=100))
        return self.helper

    @handler
    async def work(self, n: int) -> int:
        assert self.helper is not None
        return await self.helper.ask(Counter.add, n)

    @handler
    def tell_and_fail(self, to: ProcessRef[Counter]) -> None:
        to.tell(Counter.add, 1000)
        raise ValueError("nothing of this turn counts")

    @handler
    def tell(self, to: ProcessRef[Counter]) -> None:
        to.tell(Counter.add, 1000)


KINDS: list[type[Process]] = [Counter, Watcher]


def engine() -> Engine:
    return Engine.in_memory(actors=[Desk], processes=KINDS)


async def test_a_process_is_spawned_told_and_asked() -> None:
    async with engine() as here:
        counter = here.spawn(Counter(count=5))
        counter.tell(Counter.add, 2)
        assert await counter.ask(Counter.add, 3) == 10
        assert await counter.ask("add", 1) == 11
        counter.tell("add", 1)
        assert await here.spawn(Counter).ask(Counter.add, 1) == 1
        assert counter.is_alive()
        assert (counter.kind, str(counter)) == ("counter", f"counter/{counter.number}")


async def test_references_are_values_that_travel_in_messages() -> None:
    async with engine() as here:
        counter, other = here.spawn(Counter), here.spawn(Counter)
        found = await counter.ask(Counter.who)
        assert (found == counter, found != other, len({found, counter, other})) == (True, True, 2)
        watcher = here.spawn(Watcher)
        assert await watcher.ask(Watcher.ask_add, counter) == 10
        await watcher.ask(Watcher.tell_add, counter)
        assert await found.ask(Counter.add, 0) == 13


async def test_a_handler_that_raises_ends_its_process_and_a_refusal_does_not() -> None:
    async with engine() as here:
        counter = here.spawn(Counter(count=3))
        with pytest.raises(NotToday, match="not today"):
            await counter.ask(Counter.refuse)
        assert await counter.ask(Counter.add, 1) == 4
        with pytest.raises(HandlerFailed, match=r"^ValueError: no$"):
            await counter.ask(Counter.crash, "no")
        reason = await counter.ended()
        assert (reason.why, counter.is_alive()) == ("failed", False)
        counter.tell(Counter.add, 1)
        with pytest.raises(NoProcess):
            await counter.ask(Counter.add, 1)


async def test_why_a_process_ended_has_the_error_and_its_stack(caplog: pytest.LogCaptureFixture) -> None:
    async with engine() as here:
        counter = here.spawn(Counter)
        waits = asyncio.ensure_future(counter.ended())
        await asyncio.sleep(0)
        counter.tell(Counter.crash, "no")
        reason = await waits
        assert (reason.why, reason.name, reason.text) == ("failed", "ValueError", "ValueError: no")
        assert "raise ValueError(text)" in reason.stack
        assert not reason.is_orderly
        assert f"counter/{counter.number} failed" in caplog.text


async def test_a_turn_ends_its_process_with_a_reason_and_its_caller_gets_no_process() -> None:
    async with engine() as here:
        counter = here.spawn(Counter)
        waits = asyncio.ensure_future(counter.ended())
        await asyncio.sleep(0)
        with pytest.raises(NoProcess, match="custom 'enough'"):
            await counter.ask(Counter.leave, "enough")
        assert await waits == ExitReason.custom("enough")


async def test_exits_from_outside_end_a_process_or_are_trapped() -> None:
    async with engine() as here:
        watcher = here.spawn(Watcher)
        assert await watcher.ask(Watcher.trap, True) is False
        watcher.exit(ExitReason.custom({"code": 7}))
        watcher.exit(ExitReason.NORMAL)
        assert await watcher.ask(Watcher.all_seen) == ["exit custom {'code': 7}", "exit normal"]
        waits = asyncio.ensure_future(watcher.ended())
        await asyncio.sleep(0)
        watcher.kill()
        assert await waits == ExitReason.KILLED
        counter = here.spawn(Counter)
        counter.exit(ExitReason.NORMAL)
        assert counter.is_alive()
        counter.exit()
        assert not counter.is_alive()
        counter.exit()


async def test_linked_processes_end_together_unless_exits_are_trapped() -> None:
    async with engine() as here:
        one, other = here.spawn(Watcher), here.spawn(Watcher)
        await one.ask(Watcher.link, other)
        other.exit(ExitReason.custom("boom"))
        assert not one.is_alive()
        one, other = here.spawn(Watcher), here.spawn(Watcher)
        await one.ask(Watcher.trap, True)
        await one.ask(Watcher.link, other)
        other.kill()
        assert await one.ask(Watcher.all_seen) == ["exit killed"]
        await one.ask(Watcher.link, other)
        assert await one.ask(Watcher.all_seen) == ["exit killed", "exit no_process"]
        third = here.spawn(Watcher)
        await one.ask(Watcher.link, third)
        await one.ask(Watcher.unlink, third)
        third.kill()
        assert len(await one.ask(Watcher.all_seen)) == 2


async def test_linking_to_the_dead_ends_the_turn_at_once() -> None:
    async with engine() as here:
        one, dead = here.spawn(Watcher), here.spawn(Watcher)
        dead.kill()
        with pytest.raises(NoProcess):
            await one.ask(Watcher.link, dead)
        assert not one.is_alive()


async def test_each_watch_has_one_down_and_none_after_its_end() -> None:
    async with engine() as here:
        watcher, counter, other = here.spawn(Watcher), here.spawn(Counter), here.spawn(Counter)
        await watcher.ask(Watcher.watch, counter)
        counter.exit(ExitReason.shutdown("late"))
        assert await watcher.ask(Watcher.all_seen) == ["down shutdown 'late' in watcher"]
        await watcher.ask(Watcher.watch, counter)
        assert (await watcher.ask(Watcher.all_seen))[1:] == ["down no_process in watcher"]
        await watcher.ask(Watcher.watch, other)
        assert await watcher.ask(Watcher.unwatch) is True
        other.kill()
        assert len(await watcher.ask(Watcher.all_seen)) == 2


async def test_children_are_tied_from_their_beginning() -> None:
    async with engine() as here:
        watcher = here.spawn(Watcher)
        await watcher.ask(Watcher.trap, True)
        linked = await watcher.ask(Watcher.spawn, "link")
        watched = await watcher.ask(Watcher.spawn, "monitor")
        free = await watcher.ask(Watcher.spawn, "")
        assert [await one.ask(Counter.add, 0) for one in (linked, watched, free)] == [1, 2, 0]
        linked.kill()
        watched.kill()
        assert await watcher.ask(Watcher.all_seen) == ["exit killed", "down killed in watcher"]
        linked = await watcher.ask(Watcher.spawn, "link")
        watcher.kill()
        assert (linked.is_alive(), free.is_alive()) == (False, True)


async def test_names_lead_to_one_process_and_vanish_with_it() -> None:
    async with engine() as here:
        counter = here.spawn(Counter, name="first")
        assert here.whereis("first") == counter
        with pytest.raises(NameTaken):
            here.spawn(Counter, name="first")
        with pytest.raises(InvalidArgument, match="a name is empty"):
            here.spawn(Counter, name="")
        found = here.whereis("first")
        assert found is not None
        assert await found.ask(Counter.add, 4) == 4
        watcher = here.spawn(Watcher)
        with pytest.raises(HandlerFailed, match="NameTaken"):
            await watcher.ask(Watcher.take_name, "first")
        assert (here.unregister("first"), here.unregister("first"), here.whereis("first")) == (True, False, None)
        here.register("again", counter)
        counter.kill()
        assert here.whereis("again") is None
        with pytest.raises(NoProcess):
            here.register("again", counter)


async def test_members_of_groups_and_those_who_watch_them() -> None:
    async with engine() as here:
        one, other, watcher = here.spawn(Watcher), here.spawn(Watcher), here.spawn(Watcher)
        await one.ask(Watcher.join, "room")
        assert await watcher.ask(Watcher.watch_group, "room") == [one]
        await other.ask(Watcher.join, "room")
        assert here.members("room") == [one, other]
        assert here.groups() == ["room"]
        one.kill()
        assert await other.ask(Watcher.leave, "room") is True
        assert await other.ask(Watcher.leave, "room") is False
        assert await watcher.ask(Watcher.all_seen) == ["joined room watcher", "left room watcher", "left room watcher"]
        assert (here.members("room"), here.groups()) == ([], [])


async def test_actors_spawn_ask_and_tell_processes() -> None:
    async with engine() as here:
        desk = here.actor(Desk, "front")
        helper = await desk.hire()
        assert await desk.work(5) == 105
        with pytest.raises(HandlerFailed, match="nothing of this turn"):
            await desk.tell_and_fail(helper)
        assert await helper.ask(Counter.add, 0) == 105
        await desk.tell(helper)
        assert await helper.ask(Counter.add, 0) == 1105


async def test_what_is_wrong_is_said_where_it_is_given() -> None:
    async with engine() as here:
        counter = here.spawn(Counter)
        with pytest.raises(UnknownHandler, match="nothing"):
            await counter.ask("nothing")
        with pytest.raises(InvalidPayload, match="message `n`"):
            await counter.ask("add", "three")
        with pytest.raises(InvalidArgument, match="cannot be encoded"):
            counter.exit(ExitReason.custom(object()))
        with pytest.raises(UnknownKind, match="Stranger"):
            here.spawn(Stranger)
        with pytest.raises(InvalidArgument, match=r"count"):
            here.spawn(Counter(count="five"))  # type: ignore[arg-type]
        with pytest.raises(UnknownKind):
            here.actor("counter", "key")


class Stranger(Process):
    pass


async def test_spawning_without_bound_meets_one_with_a_name() -> None:
    async with Engine.in_memory(processes=KINDS, options=Options(processes_max=3)) as here:
        started = [here.spawn(Counter) for _ in range(3)]
        with pytest.raises(Overloaded, match="processes_max"):
            here.spawn(Counter)
        started[0].kill()
        assert await here.spawn(Counter(count=2)).ask(Counter.add, 1) == 3


class Small(Process, mailbox_capacity_messages=2):
    @handler
    async def wait(self, seconds: float) -> float:
        await asyncio.sleep(seconds)
        return seconds


async def test_a_full_mailbox_refuses_asks_and_drops_what_is_told() -> None:
    async with Engine.in_memory(processes=[Small]) as here:
        one = here.spawn(Small)
        asks = [asyncio.ensure_future(one.ask(Small.wait, 0.05)) for _ in range(3)]
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        one.tell(Small.wait, 100.0)
        with pytest.raises(MailboxFull):
            await one.ask(Small.wait, 0.0)
        assert await asyncio.gather(*asks) == [0.05] * 3


async def test_an_ask_that_is_given_up_while_it_waits_is_not_handled() -> None:
    async with Engine.in_memory(processes=[Small, Counter]) as here:
        one = here.spawn(Small)
        first = asyncio.ensure_future(one.ask(Small.wait, 0.1))
        await asyncio.sleep(0)
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(one.ask(Small.wait, 60.0), 0.02)
        assert await first == 0.1
        assert await one.ask(Small.wait, 0.0) == 0.0


async def test_any_reason_can_be_passed_on() -> None:
    async with engine() as here:
        for reason in (
            ExitReason.KILLED,
            ExitReason.NO_PROCESS,
            ExitReason("failed", name="ValueError", text="ValueError: no", stack="line 7"),
        ):
            watcher = here.spawn(Counter)
            end = watcher.ended()
            watcher.exit(reason)
            assert await end == reason


class Launcher(Process):
    @handler
    async def launch(self, to: ProcessRef[Counter]) -> None:
        self.task = asyncio.ensure_future(self.work(to))

    async def work(self, to: ProcessRef[Counter]) -> int:
        await asyncio.sleep(0.02)
        to.tell(Counter.add, 1)
        return await to.ask(Counter.add, 1)

    @handler
    async def outcome(self) -> int:
        return await self.task


async def test_a_task_that_outlives_its_turn_acts_in_nobodys_name() -> None:
    async with Engine.in_memory(processes=[Launcher, Counter]) as here:
        one, counter = here.spawn(Launcher), here.spawn(Counter)
        await one.ask(Launcher.launch, counter)
        assert await one.ask(Launcher.outcome) == 2


async def test_another_thread_is_told_where_the_engine_belongs() -> None:
    async with engine() as here:
        counter = here.spawn(Counter)
        for act in (counter.kill, lambda: here.spawn(Counter), lambda: counter.tell(Counter.add, 1)):
            with pytest.raises(InvalidArgument, match="another thread"):
                await asyncio.get_running_loop().run_in_executor(None, act)
        assert counter.is_alive()


async def test_a_process_that_rests_ends_with_its_engine_and_says_so() -> None:
    async with engine() as here:
        end = here.spawn(Counter).ended()
    assert await end == ExitReason.SHUTDOWN


async def test_an_end_that_the_engine_does_not_wait_for_is_told_to_whoever_awaits_it(
    caplog: pytest.LogCaptureFixture,
) -> None:
    here = await Engine.in_memory(processes=[Small]).open()
    one = here.spawn(Small)
    one.tell(Small.wait, 60.0)
    await asyncio.sleep(0.01)
    awaited, forgotten = one.ended(), one.ended()
    await here.close(deadline_ms=20)
    with pytest.raises(Closed):
        await awaited
    del forgotten, awaited
    gc.collect()
    await asyncio.sleep(0)
    assert "never retrieved" not in caplog.text
