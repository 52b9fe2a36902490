"""Servers and state machines whose callbacks are data, and what is asked of them."""

from __future__ import annotations

import types
from collections.abc import Sequence
from typing import Any

import msgspec
from terms import Boom, reason_of, text_of
from tree import write_starts
from world import WORLD, World

from everact import (
    Context,
    DeadlineExceeded,
    EveractError,
    Exit,
    ExitReason,
    NoProcess,
    ReplyTo,
    Server,
    ServerContext,
    StateMachine,
    StateMachineContext,
    Timeout,
    handler,
    hook,
)

CALL_MS = 3000
STATES = ("a", "b", "c", "locked", "unlocked", "open", "closed")
"""All that machines of scenarios have: ours declare their states."""

Entry = dict[str, Any]


def leave(reason: str, ctx: Context) -> None:
    """Ends a process with a reason, which may be a crash."""
    if reason.startswith("error:"):
        raise Boom(reason.removeprefix("error:"))
    ctx.exit(reason_of(reason))


def begin(ctx: Context, name: str, spec: dict[str, Any], init: Entry, above: list[str]) -> None:
    """What all of them do first: enter, and come out as the data says."""
    world = WORLD[0]
    if above:
        write_starts(world, name, above)
    world.enter(name, ctx.self)
    world.write("tree", f"start {name}")
    ctx.trap_exits(bool(spec.get("trap")))
    if "stop" in init:
        world.started(name, ["error", init["stop"]])
        leave(init["stop"], ctx)
    if "crash" in init:
        world.started(name, ["error", f"error:{init['crash']}"])
        raise Boom(init["crash"])
    if init.get("ignore"):
        world.started(name, "ignore")
        ctx.exit()
    world.started(name, "ok")


class DataServer(Server, kind="server"):
    """A server from data: a table from what comes to what is done."""

    name: str = ""
    spec: dict[str, Any] = msgspec.field(default_factory=dict)

    def activated(self, ctx: ServerContext) -> None:
        """Its start."""
        self.held: ReplyTo | None = None
        init: Entry = self.spec.get("init", {})
        begin(ctx, self.name, self.spec, init, [])
        self.then(ctx, init)

    @handler
    def call(self, ctx: ServerContext, request: str) -> Any:
        """A call."""
        self.come(ctx, f"call {request}")

    @handler
    def cast(self, ctx: ServerContext, message: str) -> None:
        """A cast."""
        self.come(ctx, f"cast {message}")

    @handler
    async def info(self, ctx: ServerContext, message: str) -> None:
        """An ordinary message."""
        self.come(ctx, f"info {message}")

    def on_continue(self, ctx: ServerContext, what: str) -> None:
        """What it wanted to go on with."""
        self.come(ctx, f"continue {what}")

    def on_timeout(self, ctx: ServerContext) -> None:
        """Nothing has come."""
        self.come(ctx, "timeout")

    def on_exit(self, ctx: ServerContext, exit: Exit) -> None:  # noqa: A002
        """An exit that is not its parent's."""
        self.come(ctx, f"exit {WORLD[0].name(exit.who)} {text_of(exit.reason)}")

    def terminate(self, ctx: ServerContext, reason: ExitReason) -> None:
        """Its end."""
        WORLD[0].write(self.name, f"terminate: {text_of(reason)}")
        crash = self.spec.get("on", {}).get("terminate", {}).get("crash")
        if crash is not None:
            raise Boom(crash)

    def come(self, ctx: ServerContext, line: str) -> None:
        """Does what the table says of what has come."""
        WORLD[0].write(self.name, line)
        entry: Entry = self.spec.get("on", {}).get(line, {})
        if "crash" in entry:
            raise Boom(entry["crash"])
        asker = ctx.defer()
        if entry.get("hold"):
            self.held = asker
        if "release" in entry and self.held is not None:
            self.held.reply(entry["release"])
        if "nonsense" in entry:
            asker.reply(object())
        if "reply" in entry:
            asker.reply(entry["reply"])
        if "stop" in entry:
            leave(entry["stop"], ctx)
        self.then(ctx, entry)

    def then(self, ctx: ServerContext, entry: Entry) -> None:
        """What it wants before the next message."""
        if "continue" in entry:
            ctx.continue_with(entry["continue"])
        elif "timeout" in entry:
            ctx.idle_timeout(entry["timeout"] / 1000)


class DataMachine(StateMachine, initial="a", states=STATES, enter_calls=True):
    """A state machine from data, with one function for all states."""

    name: str = ""
    above: list[str] = msgspec.field(default_factory=list)
    spec: dict[str, Any] = msgspec.field(default_factory=dict)

    def activated(self, ctx: StateMachineContext) -> None:
        """Its start."""
        self.held: ReplyTo | None = None
        begin(ctx, self.name, self.spec, self.spec, self.above)
        ctx.next_state(self.spec["initial"])
        for action in self.spec.get("do", []):
            self.act(ctx, action, None)

    @handler
    def call(self, ctx: StateMachineContext, request: str) -> Any:
        """A call."""
        self.come(ctx, f"call {request}")

    @handler
    def cast(self, ctx: StateMachineContext, message: str) -> None:
        """A cast."""
        self.come(ctx, f"cast {message}")

    @handler
    def info(self, ctx: StateMachineContext, message: str) -> None:
        """An ordinary message."""
        self.come(ctx, f"info {message}")

    @handler
    def internal(self, ctx: StateMachineContext, message: str) -> None:
        """An event that it has inserted."""
        self.come(ctx, f"internal {message}")

    async def on_timeout(self, ctx: StateMachineContext, timeout: Timeout) -> None:
        """A time-out."""
        is_named = timeout.which not in ("state", "event")
        self.come(ctx, f"{f'timer {timeout.which}' if is_named else f'{timeout.which}_timeout'} {timeout.content}")

    def on_enter(self, ctx: StateMachineContext, previous: str) -> None:
        """A state is entered."""
        self.come(ctx, f"enter from {previous}", "enter")

    def on_exit(self, ctx: StateMachineContext, exit: Exit) -> None:  # noqa: A002
        """An exit that is not its parent's."""
        self.come(ctx, f"exit {WORLD[0].name(exit.who)} {text_of(exit.reason)}")

    def terminate(self, ctx: StateMachineContext, reason: ExitReason) -> None:
        """Its end."""
        WORLD[0].write(self.name, f"terminate in {self.state}: {text_of(reason)}")

    def come(self, ctx: StateMachineContext, line: str, key: str | None = None) -> None:
        """Does what the table says of what has come."""
        WORLD[0].write(self.name, f"{self.state}: {line}")
        states: dict[str, dict[str, Entry]] = self.spec.get("states", {})
        key = key or line
        entry = states.get(self.state, {}).get(key) or states.get("*", {}).get(key) or {}
        if "crash" in entry:
            raise Boom(entry["crash"])
        asker = ctx.defer()
        for action in entry.get("do", []):
            self.act(ctx, action, asker)
        if entry.get("hold"):
            self.held = asker
        if "stop" in entry:
            leave(entry["stop"], ctx)
        if "next" in entry:
            ctx.next_state(entry["next"])
        if entry.get("repeat"):
            ctx.repeat_state()

    def act(self, ctx: StateMachineContext, action: list[Any], asker: ReplyTo | None) -> None:
        """Does an action of OTP."""
        match action:
            case ["postpone"]:
                ctx.postpone()
            case ["reply", value] if asker is not None:
                asker.reply(value)
            case ["release", value] if self.held is not None:
                self.held.reply(value)
            case ["next_event", kind, value]:
                ctx.next_event(kind, value)
            case ["state_timeout" | "event_timeout" as which, *how]:
                self.time(ctx, "state" if which == "state_timeout" else "event", *how)
            case ["timer", name, *how]:
                self.time(ctx, name, *how)

    def time(self, ctx: StateMachineContext, which: str, how: Any, content: Any = None) -> None:
        """Starts, updates or cancels a time-out."""
        if how == "cancel":
            return ctx.cancel_timeout(which)
        if how == "update":
            return ctx.update_timeout(which, content)
        after = None if how == "infinity" else how / 1000
        if which == "state":
            ctx.state_timeout(after, content)
        elif which == "event":
            ctx.event_timeout(after, content)
        else:
            ctx.named_timeout(which, after, content)
        return None


def for_state(name: str, state: str) -> Any:
    """A function for one message in one state."""

    def come(self: DataMachine, ctx: StateMachineContext, given: str) -> Any:
        assert self.state == state
        self.come(ctx, f"{name} {given}")

    return handler(name=name, state=state)(come)


def enter(state: str) -> Any:
    """A hook for one state."""

    def entered(self: DataMachine, ctx: StateMachineContext, previous: str) -> None:
        assert self.state == state
        self.come(ctx, f"enter from {previous}", "enter")

    return hook("on_enter", state=state)(entered)


MESSAGES = ("call", "cast", "info", "internal")
FUNCTIONS = {
    "__doc__": "A state machine from data, with functions of its own for each state.",
    **{f"{message}_in_{state}": for_state(message, state) for state in STATES for message in MESSAGES},
    **{f"enter_{state}": enter(state) for state in STATES},
}
FunctionsMachine: Any = types.new_class("FunctionsMachine", (DataMachine,), {}, lambda names: names.update(FUNCTIONS))


async def start(world: World, kind: str, name: str, data: dict[str, Any] | None, spawn: Any) -> Any:
    """Starts a behaviour; how that came out."""
    if kind == "manager":
        from managers import Manager

        world.enter(name, spawn(Manager))
        return "ok"
    spawn(made(kind, name, data or {}))
    return await world.start_of(name)


def made(kind: str, name: str, data: dict[str, Any], above: Sequence[str] = ()) -> DataServer | DataMachine:
    """What is spawned."""
    if kind == "server":
        return DataServer(name=name, spec=data)
    machine: type[DataMachine] = FunctionsMachine if data["style"] == "functions" else DataMachine
    return machine(name=name, spec=data, above=list(above))


async def call(world: World, name: str, request: str, wait_ms: int = CALL_MS) -> Any:
    """A call, in the name of whoever makes it."""
    process = world.process(name)
    was_alive = process.is_alive()
    try:
        return await process.with_options(deadline_ms=wait_ms).ask("call", request)
    except DeadlineExceeded:
        return ["failed", "timeout"]
    except EveractError as error:
        return ["failed", await why(world, name, error, was_alive)]


async def why(world: World, name: str, error: EveractError, was_alive: bool) -> str:
    """Why something failed that was asked of a process: what it has ended with."""
    if isinstance(error, NoProcess) and not was_alive:
        return "noproc"
    return await world.reason(world.process(name))


async def stop(world: World, name: str, reason: str) -> Any:
    """Has a behaviour end in good order."""
    process = world.process(name)
    was_alive = process.is_alive()
    try:
        await process.stop(reason_of(reason))
    except EveractError as error:
        return ["failed", await why(world, name, error, was_alive)]
    return "ok"
