"""Supervision trees: started, restarted and ended by the core, and changed at run time."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
import pytest

from everact import (
    Backoff,
    Child,
    Context,
    Counts,
    Engine,
    Exit,
    ExitReason,
    HandlerFailed,
    InvalidArgument,
    NoProcess,
    OutputLine,
    Process,
    ProcessContext,
    ProcessRef,
    Program,
    Running,
    Supervisor,
    SupervisorError,
    SupervisorRef,
    UnknownKind,
    handler,
    process,
)

LOG: list[str] = []


class Worker(Process):
    name: str = "worker"
    fails: int = 0
    manner: str = "plain"

    def activated(self, ctx: Context) -> None:
        LOG.append(f"start {self.name}")
        if LOG.count(f"start {self.name}") <= self.fails:
            raise ValueError("no disk")
        if self.manner == "idle":
            ctx.exit()
        ctx.trap_exits(self.manner in ("polite", "stubborn"))

    def on_exit(self, ctx: Context, exit: Exit) -> None:  # noqa: A002
        assert exit.from_parent
        LOG.append(f"stop {self.name}: {exit.reason}")
        if self.manner == "polite":
            ctx.exit(exit.reason)

    @handler
    def crash(self) -> None:
        raise ValueError("boom")

    @handler
    def leave(self, ctx: Context) -> None:
        ctx.exit()

    @handler
    def ping(self) -> str:
        return self.name


class Grow(msgspec.Struct):
    to: int


@process
async def parent(ctx: ProcessContext[Grow], names: list[str]) -> None:
    top = await ctx.start_supervisor(Supervisor(children=[Child(Worker(name=name), id=name) for name in names]))
    while True:
        await ctx.receive(Grow)
        ctx.reply((await top.count()).active)


def engine() -> Engine:
    LOG.clear()
    return Engine.in_memory(processes=[Worker, parent])


def children(*names: str, **given: Any) -> list[Child | Supervisor]:
    return [Child(Worker(name=name, manner="polite"), id=name, name=name, **given) for name in names]


async def crashed(here: Engine, name: str) -> ProcessRef[Any]:
    """The process that takes the place of one that crashes."""
    before = here.whereis(name)
    assert before is not None
    with pytest.raises(HandlerFailed):
        await before.ask(Worker.crash)
    for _ in range(200):
        found = here.whereis(name)
        if found is not None and found != before:
            return found
        await asyncio.sleep(0.005)
    raise AssertionError(f"{name} was not started again")


async def test_children_start_in_order_and_end_in_the_other() -> None:
    async with engine() as here:
        top = await here.start_supervisor(Supervisor(children=children("a", "b", "c")))
        assert LOG == ["start a", "start b", "start c"]
        end = top.ended()
        top.exit()
        assert await end == ExitReason.SHUTDOWN
        assert LOG[3:] == ["stop c: shutdown", "stop b: shutdown", "stop a: shutdown"]


@pytest.mark.parametrize(
    ("strategy", "again"),
    [("one_for_one", ["b"]), ("one_for_all", ["a", "b", "c"]), ("rest_for_one", ["b", "c"])],
)
async def test_the_strategy_says_who_is_started_again(strategy: Any, again: list[str]) -> None:
    async with engine() as here:
        await here.start_supervisor(Supervisor(strategy=strategy, children=children("a", "b", "c")))
        LOG.clear()
        assert await (await crashed(here, "b")).ask(Worker.ping) == "b"
        for _ in range(100):
            if len([line for line in LOG if line.startswith("start")]) == len(again):
                break
            await asyncio.sleep(0.005)
        assert [line.removeprefix("start ") for line in LOG if line.startswith("start")] == again


async def test_more_restarts_than_the_intensity_allows_end_the_supervisor() -> None:
    async with engine() as here:
        top = await here.start_supervisor(Supervisor(intensity=2, period=60, children=children("a", "b")))
        end = top.ended()
        for _ in range(2):
            await crashed(here, "a")
        found = here.whereis("a")
        assert found is not None
        found.tell(Worker.crash)
        assert await end == ExitReason.SHUTDOWN
        assert here.whereis("b") is None


async def test_children_that_end_in_good_order_are_started_again_if_they_are_permanent() -> None:
    async with engine() as here:
        tree = Supervisor(children=children("t", restart="transient") + children("p"))
        top = await here.start_supervisor(tree)
        for name in ("t", "p"):
            found = here.whereis(name)
            assert found is not None
            found.tell(Worker.leave)
            await found.ended()
        assert (here.whereis("t"), here.whereis("p") is not None) == (None, True)
        assert {one.id: one.status for one in await top.children()} == {"t": "absent", "p": "running"}


async def test_a_child_that_does_not_start_fails_the_start_and_is_named() -> None:
    async with engine() as here:
        tree = Supervisor(children=[*children("a"), Child(Worker(name="b", fails=1), id="b"), *children("c")])
        with pytest.raises(SupervisorError, match=r'child "b" did not start: ValueError: no disk') as refused:
            await here.start_supervisor(tree)
        assert (refused.value.why, refused.value.path) == ("not_started", ["b"])
        assert refused.value.reason is not None
        assert refused.value.reason.text == "ValueError: no disk"
        assert LOG == ["start a", "start b", "stop a: shutdown"]
        await here.start_supervisor(tree)
        assert LOG[3:] == ["start a", "start b", "start c"]


async def test_a_child_that_has_nothing_to_do_is_absent() -> None:
    async with engine() as here:
        tree = Supervisor(children=[Child(Worker(name="a", manner="idle"), id="a"), *children("b")])
        top = await here.start_supervisor(tree)
        assert [(one.id, one.status) for one in await top.children()] == [("b", "running"), ("a", "absent")]


async def test_children_are_counted_started_ended_and_forgotten_at_run_time() -> None:
    async with engine() as here:
        inner = Supervisor(name="inner", children=children("w"))
        top = await here.start_supervisor(Supervisor(children=[*children("a"), inner]))
        counts = await top.count()
        assert (counts.specs, counts.active, counts.supervisors, counts.workers) == (2, 2, 1, 1)
        found = {one.id: one for one in await top.children()}
        assert isinstance(found["inner"].process, SupervisorRef)
        assert [one.id for one in await found["inner"].process.children()] == ["w"]
        started = await top.start_child(Child(Worker(name="late"), id="late"))
        assert started is not None
        assert await started.ask(Worker.ping) == "late"
        with pytest.raises(SupervisorError, match="runs") as refused:
            await top.start_child(Child(Worker(name="late"), id="late"))
        assert refused.value.why == "already_started"
        await top.terminate_child("late")
        assert not started.is_alive()
        again = await top.restart_child("late")
        assert again is not None
        assert again != started
        with pytest.raises(SupervisorError) as refused:
            await top.delete_child("late")
        assert refused.value.why == "running"
        await top.terminate_child("late")
        await top.delete_child("late")
        with pytest.raises(SupervisorError) as refused:
            await top.restart_child("late")
        assert refused.value.why == "not_found"
        assert (await top.spec("a"))["restart"] == "permanent"


async def test_children_of_a_dynamic_supervisor_are_all_alike() -> None:
    async with engine() as here:
        template = Child(Worker, restart="temporary")
        top = await here.start_supervisor(Supervisor(strategy="dynamic", children=[template]))
        workers = [await top.start(Worker(name=f"w{n}")) for n in range(3)]
        assert (await top.count()).active == 3
        assert workers[1] is not None
        assert await workers[1].ask(Worker.ping) == "w1"
        await top.terminate_child(workers[1])
        running = await top.children()
        assert {one.process for one in running} == {workers[0], workers[2]}
        assert all(type(one) is Running and one.id is None for one in running)
        gone = await top.start(Worker)
        assert gone is not None
        await top.terminate_child(gone)
        assert gone.kind == "worker"


async def test_the_root_ends_in_order_when_the_engine_closes() -> None:
    async with engine() as here:
        await here.run(Supervisor(children=[*children("a"), Supervisor(name="inner", children=children("b", "c"))]))
        with pytest.raises(InvalidArgument):
            await here.run(Supervisor(children=children("d")))
        LOG.clear()
    assert LOG == ["stop c: shutdown", "stop b: shutdown", "stop a: shutdown"]


async def test_a_supervisor_that_a_process_starts_ends_with_it() -> None:
    async with engine() as here:
        one = here.spawn(parent, ["a", "b"])
        assert await one.ask(Grow(1), returns=int) == 2
        assert LOG == ["start a", "start b"]
        one.kill()
        for _ in range(100):
            if here.stats()["activations"] == 0:
                break
            await asyncio.sleep(0.005)
        assert here.stats()["activations"] == 0


async def test_a_child_that_does_not_stop_is_killed_when_its_time_is_over() -> None:
    async with engine() as here:
        child = Child(Worker(name="a", manner="stubborn"), id="a", name="a", shutdown=0.05)
        top = await here.start_supervisor(Supervisor(children=[child]))
        found = here.whereis("a")
        assert found is not None
        end = found.ended()
        top.exit()
        assert await end == ExitReason.KILLED
        assert LOG == ["start a", "stop a: shutdown"]


async def test_killing_a_supervisor_leaves_no_orphan_that_does_not_trap() -> None:
    async with engine() as here:
        top = await here.start_supervisor(Supervisor(children=[Child(Worker(name="a"), id="a", name="a")]))
        top.kill()
        assert (top.is_alive(), here.whereis("a")) == (False, None)
        with pytest.raises(NoProcess):
            await top.count()


async def test_backoff_waits_before_a_restart() -> None:
    async with engine() as here:
        backoff = Backoff(first=0.1, longest=1, steady=10)
        await here.start_supervisor(Supervisor(backoff=backoff, children=children("a")))
        began = asyncio.get_running_loop().time()
        await crashed(here, "a")
        assert asyncio.get_running_loop().time() - began > 0.09


async def test_what_is_wrong_with_a_tree_is_said_before_anything_starts() -> None:
    class Stranger(Process):
        pass

    wrong: list[tuple[Supervisor, type[Exception], str]] = [
        (Supervisor(children=[Child(Stranger)]), UnknownKind, "Stranger"),
        (Supervisor(period=-1), InvalidArgument, "period"),
        (Supervisor(intensity=-1), InvalidArgument, "intensity"),
        (Supervisor(strategy="all"), InvalidArgument, "strategy"),  # type: ignore[arg-type]
        (Supervisor(children=[Child(Worker, shutdown=-1.0)]), InvalidArgument, "shutdown"),
        (Supervisor(children=[Child(Worker), Child(Worker)]), InvalidArgument, "worker"),
        (Supervisor(children=[Child(Worker, significant=True)]), InvalidArgument, "significant"),
        (Supervisor(children=[Child(Worker, 7)]), InvalidArgument, "initial values"),
        (Supervisor(children=[Child(parent, ["a", 7])]), InvalidArgument, "its argument"),
        (Supervisor(children=[Child(Supervisor(), 7)]), InvalidArgument, "no argument"),
        (Supervisor(backoff=Backoff(1, 1, 1, jitter=2)), InvalidArgument, "jitter"),
    ]
    async with engine() as here:
        for tree, error, text in wrong:
            with pytest.raises(error, match=text):
                await here.start_supervisor(tree)
        assert (LOG, here.stats()["activations"]) == ([], 0)


@process
async def reader(ctx: ProcessContext[OutputLine | Grow]) -> None:
    lines: list[str] = []
    while True:
        match await ctx.receive():
            case OutputLine(_, stream, line):
                lines.append(f"{stream}: {line}")
            case Grow(to):
                ctx.reply(lines[:to])


async def test_a_program_is_a_child_whose_lines_are_messages() -> None:
    async with Engine.in_memory(processes=[reader]) as here:
        lines = here.spawn(reader, name="lines")
        command = ["sh", "-c", "echo $WORD; echo worse >&2; exit 3"]
        program = Program(command, environment={"WORD": "better"}, output="lines")
        top = await here.start_supervisor(
            Supervisor(
                intensity=0, children=[Child(program, restart="transient"), Child(Program(["sleep", "60"]), id="s")]
            )
        )
        assert await top.ended() == ExitReason.SHUTDOWN
        for _ in range(200):
            if len(await lines.ask(Grow(9), returns=list[str])) == 2:
                break
            await asyncio.sleep(0.01)
        assert sorted(await lines.ask(Grow(9))) == ["stderr: worse", "stdout: better"]


@pytest.mark.parametrize("levels", [40, 1_000])
async def test_a_tree_of_too_many_levels_is_refused(levels: int) -> None:
    tree = Supervisor(children=children("deepest"))
    for _ in range(levels):
        tree = Supervisor(children=[tree])
    async with engine() as here:
        with pytest.raises(InvalidArgument):
            await here.start_supervisor(tree)
        top = await here.start_supervisor(Supervisor())
        with pytest.raises(InvalidArgument):
            await top.start_child(tree)
        assert await top.count() == Counts(specs=0, active=0, supervisors=0, workers=0)
