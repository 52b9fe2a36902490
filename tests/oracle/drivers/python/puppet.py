"""Processes that do what they are told, in the receive style.

Commands overtake their other messages, which stay in the mailbox.
"""

from __future__ import annotations

import asyncio
from typing import Any, TypeAlias

import behaviours
import managers
import msgspec
from terms import Boom, reason_of, text_of
from tree import supervisor, write_starts
from world import WORLD, World

from everact import (
    DeadlineExceeded,
    Down,
    EventManagerRef,
    Exit,
    ExitReason,
    GroupMonitor,
    HandlerGone,
    InvalidArgument,
    Joined,
    Left,
    Monitor,
    NameTaken,
    NoProcess,
    Overloaded,
    ProcessContext,
    ProcessRef,
    Timer,
    process,
)

RECEIVE_S = 2.0
PING_MS = 2000
SPAWNS = ("spawn_link", "spawn_monitor")


class Do(msgspec.Struct):
    """A command, without the puppet's name."""

    command: list[Any]


class Tagged(msgspec.Struct):
    """What `send` and timers send."""

    tag: str


class Ask(msgspec.Struct):
    """A ping."""


class Born(msgspec.Struct):
    """What a puppet is spawned with."""

    name: str
    first: list[Any] = []
    above: list[str] = []
    """The supervisors above it, the nearest last."""
    manner: Any = "plain"


Mail: TypeAlias = Do | Tagged | Ask | Exit | Down | Joined | Left | HandlerGone


@process(mailbox_capacity_messages=2_000_000)
async def puppet(ctx: ProcessContext[Mail], born: Born) -> None:
    """A process of a scenario."""
    await Puppet(ctx, born, WORLD[0]).live()


class Puppet:
    """One process and what it remembers."""

    def __init__(self, ctx: ProcessContext[Mail], born: Born, world: World) -> None:
        """As it is spawned."""
        self.ctx = ctx
        self.born = born
        self.world = world
        self.monitors: dict[str, Monitor] = {}
        self.timers: dict[str, Timer] = {}
        self.groups: dict[str, GroupMonitor] = {}
        self.crowd: list[ProcessRef[Mail]] = []

    async def live(self) -> None:
        """Does what comes, until it ends."""
        if self.born.above:
            write_starts(self.world, self.born.name, self.born.above)
            self.ctx.trap_exits(self.born.manner != "plain")
            self.world.enter(self.born.name, self.ctx.self)
            self.world.write("tree", f"start {self.born.name}")
        if self.born.first:
            await self.act(self.born.first)
        while True:
            match await self.ctx.receive(self.is_for_loop):
                case Do(command):
                    caller = self.ctx.caller
                    answer = await self.act(command)
                    if caller is not None:
                        caller.reply(answer)
                case Ask():
                    self.ctx.reply("pong")
                case Exit(_, reason):
                    await leave(self.world, self.born, reason)
                    self.ctx.exit(reason)

    def is_for_loop(self, message: Mail) -> bool:
        """Whether a message is looked at between commands."""
        if isinstance(message, Exit):
            return self.born.manner not in ("plain", "stubborn") and message.from_parent
        return isinstance(message, (Do, Ask))

    async def act(self, command: list[Any]) -> Any:
        """Does one command; what it gives."""
        verb, *given = command
        if verb in SPAWNS:
            return self.spawn(verb, *given)
        try:
            return await getattr(self, f"do_{verb}")(*given)
        except AttributeError:
            return {"fault": f"a puppet cannot {verb}"}

    def spawn(self, verb: str, name: str, *first: list[Any]) -> str:
        """Spawns another puppet, tied to this one."""
        born = Born(name, first[0] if first else [])
        if verb == "spawn_link":
            child = self.ctx.spawn_link(puppet, born)
        else:
            child, self.monitors[name] = self.ctx.spawn_monitor(puppet, born)
        self.world.enter(name, child)
        return "ok"

    async def do_link(self, name: str) -> str:
        """Links."""
        self.ctx.link(self.world.tied(name))
        return "ok"

    async def do_unlink(self, name: str) -> str:
        """Parts."""
        self.ctx.unlink(self.world.tied(name))
        return "ok"

    async def do_links(self) -> list[str]:
        """The names of those that it is linked to."""
        seen = self.world.engine.inspect(self.ctx.self) or {}
        numbers = {one["process"] for one in seen["links"]}
        return sorted(name for name in self.world.known() if str(self.world.process(name).number) in numbers)

    async def do_trap(self, on: bool) -> str:
        """Traps exits, or not."""
        self.ctx.trap_exits(on)
        return "ok"

    async def do_exit(self, reason: str) -> str:
        """Ends this process."""
        try:
            self.ctx.exit(reason_of(reason))
        except InvalidArgument:
            return "invalid"

    async def do_crash(self, text: str) -> None:
        """Raises."""
        raise Boom(text)

    async def do_send_exit(self, name: str, reason: str) -> str:
        """Sends an exit signal."""
        try:
            self.world.process(name).exit(reason_of(reason))
        except InvalidArgument:
            return "invalid"
        return "ok"

    async def do_monitor(self, of: str, name: str | None = None) -> str:
        """Watches a process, or the owner of a name."""
        registered = of.removeprefix("name:")
        whom = self.world.tied(of) if registered == of else self.ctx.whereis(registered)
        self.monitors[name or of] = self.ctx.monitor(self.world.dead if whom is None else whom)
        return "ok"

    async def do_demonitor(self, name: str, how: str = "") -> Any:
        """Watches no longer."""
        was_on = self.ctx.demonitor(self.monitors[name], flush=how == "flush")
        return was_on if how == "info" else "ok"

    async def do_send(self, name: str, tag: str) -> str:
        """Sends a message."""
        self.world.process(name).tell(Tagged(tag))
        return "ok"

    async def do_flood(self, name: str, count: int, tag: str) -> str:
        """Sends many."""
        for _ in range(count):
            self.world.process(name).tell(Tagged(tag))
        return "ok"

    async def do_receive(self, pattern: tuple[Any, ...] | list[Any] = (), wait_ms: int | None = None) -> Any:
        """The first message that a pattern is the beginning of."""
        timeout = RECEIVE_S if wait_ms is None else wait_ms / 1000
        word, *more = pattern or ("",)
        try:
            if word == "down" and more:
                return self.shown(await self.ctx.receive(self.monitors[more[0]], timeout=timeout))
            return self.shown(await self.ctx.receive(lambda message: self.fits(message, word, more), timeout=timeout))
        except TimeoutError:
            return "nothing"

    def fits(self, message: Mail, word: str, more: list[Any]) -> bool:
        """Whether a pattern is the beginning of a message."""
        if isinstance(message, (Do, Ask)):
            return False
        shown = self.shown(message)
        return not word or bool(shown[0] == word and (not more or shown[1] == more[0]))

    async def do_mailbox(self) -> list[Any]:
        """Takes all messages that are there."""
        found = []
        while (message := await self.do_receive((), 0)) != "nothing":
            found.append(message)
        return found

    def shown(self, message: Mail) -> list[Any]:
        """A message in its normal form."""
        match message:
            case Tagged(tag):
                return ["message", tag]
            case Exit(who, reason):
                return ["exit", self.world.name(who), text_of(reason)]
            case Down(monitor, _, reason):
                names = [name for name, known in self.monitors.items() if known == monitor]
                return ["down", names[0] if names else "?", text_of(reason)]
            case HandlerGone(_, name, reason, new):
                return ["handler_gone", name, text_of(reason) if new is None else f"swapped:{new}"]
            case Joined(_, group, who):
                return ["joined", group, [self.world.name(who)]]
            case Left(_, group, who):
                return ["left", group, [self.world.name(who)]]
        return ["unknown", repr(message)]

    async def do_ping(self, name: str) -> Any:
        """A message there and one back."""
        whom = self.world.process(name)
        monitor = self.ctx.monitor(whom)
        try:
            return await whom.with_options(deadline_ms=PING_MS).ask(Ask(), returns=str)
        except NoProcess:
            return ["ended", text_of((await self.ctx.receive(monitor)).reason)]
        except DeadlineExceeded:
            return "no answer"
        finally:
            self.ctx.demonitor(monitor, flush=True)

    async def do_register(self, name: str, of: str | None = None) -> str:
        """Takes a name, or gives it to another."""
        try:
            self.ctx.register(name, self.ctx.self if of is None else self.world.process(of))
        except NameTaken as error:
            return "has_a_name" if "has a name" in str(error) else "name_taken"
        except NoProcess:
            return "noproc"
        return "ok"

    async def do_unregister(self, name: str) -> str:
        """Takes a name away."""
        return "ok" if self.ctx.unregister(name) else "unknown_name"

    async def do_whereis(self, name: str) -> str | None:
        """Whose a name is."""
        found = self.ctx.whereis(name)
        return None if found is None else self.world.name(found)

    async def do_send_name(self, name: str, tag: str) -> str:
        """Sends to the owner of a name."""
        found = self.ctx.whereis(name)
        if found is None:
            return "unknown_name"
        found.tell(Tagged(tag))
        return "ok"

    async def do_join(self, group: str, name: str | None = None) -> str:
        """Joins a group, or has another join."""
        self.ctx.join(group, self.ctx.self if name is None else self.world.process(name))
        return "ok"

    async def do_leave(self, group: str) -> str:
        """Leaves a group."""
        return "ok" if self.ctx.leave(group) else "not_joined"

    async def do_members(self, group: str) -> list[str]:
        """Who is in a group."""
        return self.world.names(self.ctx.members(group))

    async def do_groups(self) -> list[str]:
        """The groups that have members."""
        return sorted(self.ctx.groups())

    async def do_watch_group(self, group: str) -> list[str]:
        """Watches a group."""
        self.groups[group], members = self.ctx.monitor_group(group)
        return self.world.names(members)

    async def do_publish(self, group: str, tag: str) -> str:
        """Sends to all of a group."""
        self.ctx.publish(group, Tagged(tag))
        return "ok"

    async def do_timer(self, timer: str, after_ms: int, tag: str, to: str | None = None) -> str:
        """Has a message sent after a while."""
        whom = self.ctx.self if to is None else self.world.process(to)
        try:
            self.timers[timer] = self.ctx.send_after(after_ms / 1000, whom, Tagged(tag))
        except InvalidArgument:
            return "invalid"
        return "ok"

    async def do_every(self, timer: str, period_ms: int, tag: str) -> str:
        """Has a message sent again and again."""
        try:
            self.timers[timer] = self.ctx.send_every(period_ms / 1000, self.ctx.self, Tagged(tag))
        except InvalidArgument:
            return "invalid"
        return "ok"

    async def do_race(self, name: str, count: int) -> int:
        """Spawns many processes of one name at once; how many of them got it."""
        got = []
        for _ in range(count):
            try:
                got.append(self.ctx.spawn(puppet, Born("runner"), name=name))
            except NameTaken:
                continue
        await end(got)
        return len(got)

    async def do_crowd(self, count: int) -> str:
        """Spawns many processes, or as many as there may be."""
        for _ in range(count):
            try:
                self.crowd.append(self.ctx.spawn(puppet, Born("one of a crowd")))
            except Overloaded:
                return "too_many"
        return "ok"

    async def do_disperse(self) -> str:
        """Ends a crowd."""
        await end(self.crowd)
        self.crowd.clear()
        return "ok"

    async def do_watches(self, name: str, count: int) -> str:
        """Watches a process many times, or as often as it may."""
        try:
            for _ in range(count):
                self.ctx.monitor(self.world.process(name))
        except Overloaded:
            return "too_many"
        return "ok"

    async def do_rounds(self, count: int) -> str:
        """Watches, many times, one that is dead, and receives that."""
        for _ in range(count):
            await self.ctx.receive(self.ctx.monitor(self.world.dead))
        return "ok"

    async def do_cancel(self, timer: str) -> str:
        """Cancels a timer."""
        return "gone" if self.timers[timer].cancel() is None else "left"

    async def do_read(self, timer: str) -> str:
        """Reads a timer."""
        return "gone" if self.timers[timer].read() is None else "left"

    async def do_start_link(self, kind: str, name: str, data: dict[str, Any]) -> Any:
        """Starts a supervisor or another behaviour that is linked to this process."""
        if kind != "supervisor":
            return await behaviours.start(self.world, kind, name, data, self.ctx.spawn_link)
        return await supervisor(self.world, name, data, self.ctx.start_supervisor)

    async def do_call(self, name: str, request: str, *wait_ms: int) -> Any:
        """Calls a server or a state machine."""
        return await behaviours.call(self.world, name, request, *wait_ms)

    async def do_cast(self, name: str, message: str) -> str:
        """Tells a server or a state machine."""
        self.world.process(name).tell("cast", message)
        return "ok"

    async def do_info(self, name: str, message: str) -> str:
        """Sends an ordinary message."""
        whom = self.world.process(name)
        whom.tell("info", managers.Info(message) if isinstance(whom, EventManagerRef) else message)
        return "ok"

    async def do_add_sup_handler(self, name: str, *given: Any) -> Any:
        """Adds a handler that this process supervises."""
        return await managers.operate(self.world, "add_sup_handler", name, list(given))


async def end(processes: list[ProcessRef[Mail]]) -> None:
    """Ends processes, and waits until they have."""
    ends = [one.ended() for one in processes]
    for one in processes:
        one.kill()
    await asyncio.gather(*ends)


async def leave(world: World, born: Born, reason: ExitReason) -> None:
    """What one that is polite does before it ends, slowly or at once."""
    if isinstance(born.manner, list):
        await asyncio.sleep(born.manner[1] / 1000)
    world.write("tree", f"stop {born.name}: {text_of(reason)}")
