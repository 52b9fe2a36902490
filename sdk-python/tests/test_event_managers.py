"""Event managers: handlers that come and go, events, calls, supervised handlers, and what cannot be."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
import pytest

from everact import (
    After,
    Child,
    Context,
    Engine,
    EventContext,
    EventHandler,
    EventHandlerError,
    EventManager,
    EventManagerRef,
    ExitReason,
    HandlerGone,
    InvalidArgument,
    InvalidDeclaration,
    InvalidPayload,
    Leaving,
    NoProcess,
    Process,
    ProcessContext,
    ProcessRef,
    Refuse,
    ServerContext,
    Supervisor,
    handler,
    process,
)

SEEN: list[str] = []


@pytest.fixture(autouse=True)
def nothing_was_seen() -> None:
    SEEN.clear()


class Level(msgspec.Struct):
    word: str


class Note(msgspec.Struct):
    text: str


class Tally(EventHandler):
    limit: int = 100
    seen: int = 0

    def init(self, ctx: EventContext, after: After | None) -> None:
        if self.limit == 0:
            raise Refuse({"limit": 0})
        if self.limit < 0:
            raise ValueError("less than nothing")
        if after is not None:
            SEEN.append(f"{ctx.id} after {after.why} {after.result}")

    def on_event(self, ctx: EventContext, event: Level) -> None:
        self.seen += 1
        if event.word == "crash":
            raise ValueError("crashed")
        if event.word == "swap":
            ctx.swap("heir", Tally(limit=5), "farewell")
        if self.seen == self.limit:
            ctx.remove()

    async def on_call(self, ctx: EventContext, query: str) -> int:
        await asyncio.sleep(0)
        if query == "crash":
            raise ValueError("no answer")
        return self.seen

    def on_info(self, message: Note) -> None:
        SEEN.append(message.text)

    def terminate(self, leaving: Leaving) -> dict[str, int]:
        SEEN.append(f"{leaving.why} {leaving.argument}")
        return {"seen": self.seen}


class Silent(EventHandler):
    pass


Alarms = EventManager("alarms", handlers=[Tally, Silent], messages=[Note])


class Owner(Process):
    gone: list[str] = []

    @handler
    async def add(self, ctx: Context, to: EventManagerRef) -> None:
        await to.add("owned", Tally(), supervised=True)

    def on_handler_gone(self, ctx: Context, gone: HandlerGone) -> None:
        assert isinstance(gone.manager, EventManagerRef)
        self.gone.append(f"{gone.id} {gone.reason} {gone.replaced_by}")

    @handler
    def all_gone(self) -> list[str]:
        return self.gone


@process
async def receiver(ctx: ProcessContext[Note | HandlerGone], to: ProcessRef[Any]) -> None:
    assert isinstance(to, EventManagerRef)
    await to.add("owned", Silent(), supervised=True)
    gone = await ctx.receive(HandlerGone)
    SEEN.append(f"gone {gone.id} {gone.reason}")


async def test_handlers_see_events_the_newest_first_and_answer_calls() -> None:
    async with Engine.in_memory(processes=[Alarms]) as engine:
        alarms = engine.spawn(Alarms, name="alarms")
        assert isinstance(alarms, EventManagerRef)
        await alarms.add("one", Tally())
        await alarms.add("two", Tally(seen=10))
        await alarms.add("silent", Silent())
        alarms.notify(Level("low"))
        await alarms.sync_notify(Level("high"))
        assert await alarms.call("one", "how many") == 2
        assert await alarms.call("two", "how many", returns=int) == 12
        assert await alarms.call("silent") is None
        assert await alarms.handlers() == ["silent", "two", "one"]
        assert await alarms.remove("two", "goodbye") == {"seen": 12}
        assert await alarms.remove("silent") is None
        alarms.tell(Note("noted"))
        await alarms.swap("one", "three", Tally(limit=3), farewell="bye")
        assert SEEN == ["asked goodbye", "noted", "asked bye", "three after left {'seen': 2}"]
        found = engine.whereis("alarms")
        assert isinstance(found, EventManagerRef)
        assert await found.handlers() == ["three"]


async def test_a_handler_removes_or_replaces_itself() -> None:
    async with Engine.in_memory(processes=[Alarms]) as engine:
        alarms = engine.spawn(Alarms)
        await alarms.add("once", Tally(limit=1))
        await alarms.sync_notify(Level("x"))
        assert await alarms.handlers() == []
        await alarms.add("old", Tally())
        await alarms.sync_notify(Level("swap"))
        assert await alarms.handlers() == ["heir"]
        assert SEEN == ["removed None", "asked farewell", "heir after left {'seen': 1}"]


async def test_what_fails_costs_the_handler_and_not_the_manager() -> None:
    async with Engine.in_memory(processes=[Alarms]) as engine:
        alarms = engine.spawn(Alarms)
        await alarms.add("a", Tally())
        await alarms.add("b", Silent())
        await alarms.sync_notify(Level("crash"))
        assert await alarms.handlers() == ["b"]
        await alarms.add("a", Tally())
        with pytest.raises(EventHandlerError) as raised:
            await alarms.call("a", "crash")
        assert raised.value.why == "failed"
        assert raised.value.reason is not None
        assert raised.value.reason.text == "ValueError: no answer"
        await alarms.add("a", Tally())
        alarms.notify("no level at all")
        assert await alarms.handlers() == ["b"]
        assert alarms.is_alive()


async def test_what_cannot_be_done_says_why() -> None:
    async with Engine.in_memory(processes=[Alarms]) as engine:
        alarms = engine.spawn(Alarms)
        await alarms.add("a", Silent())

        async def why(what: Any) -> tuple[str, Any]:
            with pytest.raises(EventHandlerError) as raised:
                await what
            reason = raised.value.reason
            return raised.value.why, reason and (reason.detail or reason.text)

        assert await why(alarms.add("a", Silent())) == ("already_there", None)
        assert await why(alarms.remove("b")) == ("no_such_handler", None)
        assert await why(alarms.call("b")) == ("no_such_handler", None)
        assert await why(alarms.add("b", Tally(limit=0))) == ("refused", {"limit": 0})
        assert await why(alarms.add("b", Tally(limit=-1))) == ("failed", "ValueError: less than nothing")
        assert await alarms.handlers() == ["a"]
        with pytest.raises(InvalidArgument):
            await alarms.add("", Silent())
        with pytest.raises(InvalidArgument, match="no handlers of the class"):
            await alarms.add("b", Stranger())
        with pytest.raises(InvalidArgument, match="seen"):
            await alarms.add("b", Tally(seen="many"))  # type: ignore[arg-type]
        with pytest.raises(InvalidArgument):
            alarms.notify(object())
        with pytest.raises(InvalidArgument, match="bytes"):
            alarms.notify(b"x")
        with pytest.raises((InvalidArgument, InvalidPayload)):
            await alarms.add("b", Silent(), supervised=True)


async def test_the_dead_take_no_requests() -> None:
    async with Engine.in_memory(processes=[Alarms]) as engine:
        alarms = engine.spawn(Alarms)
        await alarms.add("a", Tally())
        await alarms.stop(ExitReason.SHUTDOWN)
        assert not alarms.is_alive()
        assert SEEN == ["stopped None"]
        alarms.notify("x")
        with pytest.raises(NoProcess):
            await alarms.sync_notify("x")
        with pytest.raises(NoProcess):
            await alarms.handlers()


async def test_who_supervises_a_handler_is_told_when_it_goes() -> None:
    async with Engine.in_memory(processes=[Alarms, Owner, receiver]) as engine:
        alarms, one = engine.spawn(Alarms), engine.spawn(Owner)
        await one.ask(Owner.add, alarms)
        await alarms.remove("owned")
        await one.ask(Owner.add, alarms)
        await alarms.swap("owned", "next", Tally())
        await alarms.remove("next")
        await one.ask(Owner.add, alarms)
        await alarms.sync_notify(Level("crash"))
        gone = await one.ask(Owner.all_gone)
        assert gone[:3] == ["owned normal None", "owned normal next", "next normal None"]
        assert gone[3].startswith("owned ValueError: crashed")
        receives = engine.spawn(receiver, alarms)
        while "owned" not in await alarms.handlers():  # noqa: ASYNC110 (the engine rings no event)
            await asyncio.sleep(0)
        await alarms.remove("owned")
        await receives.ended()
        assert SEEN[-1] == "gone owned normal"
        await one.ask(Owner.add, alarms)
        end = one.ended()
        one.kill()
        await end
        assert await alarms.handlers() == []
        assert SEEN[-1] == "supervisor_exited None"


async def test_a_supervisor_starts_a_manager_again_and_ends_it() -> None:
    async with Engine.in_memory(processes=[Alarms]) as engine:
        top = await engine.run(Supervisor(children=[Child(Alarms, name="alarms")]))
        first = engine.whereis("alarms")
        assert isinstance(first, EventManagerRef)
        await first.add("a", Tally())
        first.kill()
        while (second := engine.whereis("alarms")) is None:  # noqa: ASYNC110 (the engine rings no event)
            await asyncio.sleep(0)
        assert isinstance(second, EventManagerRef)
        assert await second.handlers() == []
        await second.add("a", Tally())
        await top.terminate_child("alarms")
        assert SEEN == ["stopped None"]


class Stranger(EventHandler):
    pass


class Twin(EventHandler, kind="silent"):
    pass


class Confused(EventHandler):
    def on_event(self, ctx: ServerContext, event: str) -> None: ...


@pytest.mark.parametrize(
    ("handlers", "text"),
    [
        ([Silent, Twin], "two classes of handlers have the same name"),
        ([Owner], "is not a subclass of EventHandler"),
        ([Confused], "takes a ServerContext, and it is an EventContext"),
    ],
)
def test_a_declaration_that_cannot_be_is_refused(handlers: list[Any], text: str) -> None:
    with pytest.raises(InvalidDeclaration, match=text):
        Engine.in_memory(processes=[EventManager("odd", handlers=handlers)])


async def test_a_manager_takes_no_argument() -> None:
    async with Engine.in_memory(processes=[Alarms]) as engine:
        with pytest.raises(InvalidArgument, match="takes no argument"):
            engine.spawn(Alarms, 7)  # type: ignore[call-overload]
