"""Event managers whose handlers are data, and what is asked of them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
from behaviours import why
from terms import Boom, text_of
from world import WORLD, World

from everact import (
    After,
    EventContext,
    EventHandler,
    EventHandlerError,
    EventManager,
    EventManagerRef,
    EveractError,
    Exit,
    Leaving,
    Refuse,
)


class Info(msgspec.Struct):
    """An ordinary message."""

    text: str


class Handler(EventHandler):
    """A handler from data. It writes to its manager's log."""

    manager: str = ""
    name: str = ""
    spec: dict[str, Any] = msgspec.field(default_factory=dict)

    def init(self, after: After | None) -> None:
        """It comes."""
        left = "" if after is None else f" after {after.result if after.why == 'left' else 'error'}"
        WORLD[0].write(self.manager, f"{self.name} begins{left}")
        if "crash" in self.spec:
            raise Boom(self.spec["crash"])
        if "refuses" in self.spec:
            raise Refuse(self.spec["refuses"].removeprefix("custom:"))

    def on_event(self, ctx: EventContext, event: str) -> None:
        """An event."""
        self.come(ctx, event, event)

    async def on_info(self, ctx: EventContext, message: Any) -> None:
        """A message."""
        self.come(ctx, message.text, f"info {message.text}")

    def on_exit(self, ctx: EventContext, exit: Exit) -> None:  # noqa: A002
        """An exit."""
        line = f"exit {WORLD[0].name(exit.who)} {text_of(exit.reason)}"
        self.come(ctx, line, line)

    def on_call(self, ctx: EventContext, query: str) -> Any:
        """A call."""
        entry = self.come(ctx, query, f"call {query}")
        return object() if "nonsense" in entry else entry.get("reply", "no reply")

    def terminate(self, leaving: Leaving) -> str:
        """It goes."""
        match leaving.why:
            case "asked":
                word = leaving.argument
            case "removed":
                word = "remove_handler"
            case "stopped":
                word = "stop"
            case "supervisor_exited":
                word = f"stop {text_of(leaving.reason)}"  # type: ignore[arg-type]
            case _:
                word = f"failed {text_of(leaving.reason)}"  # type: ignore[arg-type]
        WORLD[0].write(self.manager, f"{self.name}: ends: {word}")
        return f"{self.name} left"

    def come(self, ctx: EventContext, event: str, line: str) -> dict[str, Any]:
        """Does what the table says of what has come."""
        WORLD[0].write(self.manager, f"{self.name}: {line}")
        entry: dict[str, Any] = self.spec.get("on", {}).get(event, {})
        if "crash" in entry:
            raise Boom(entry["crash"])
        if entry.get("remove"):
            ctx.remove()
        if "swap" in entry:
            name, spec = entry["swap"]
            ctx.swap(name, Handler(manager=self.manager, name=name, spec=spec), "swapped")
        return entry


Manager = EventManager("manager", handlers=[Handler], messages=[Info])


async def operate(world: World, verb: str, name: str, given: list[Any]) -> Any:
    """What a command to a manager gives."""
    process = world.process(name)
    if not isinstance(process, EventManagerRef):
        return ["failed", "noproc"]
    was_alive = process.is_alive()
    try:
        return await OPERATIONS[verb](process, name, *given)
    except EventHandlerError as error:
        if error.why == "no_such_handler":
            return "unknown_handler"
        if error.why == "already_there":
            return "already_installed"
        is_failure = error.why == "failed" and verb != "call_handler"
        return ["failed" if is_failure else "error", text_of(error.reason)]  # type: ignore[arg-type]
    except EveractError as error:
        return ["failed", await why(world, name, error, was_alive)]


async def add(of: EventManagerRef, lane: str, name: str, spec: dict[str, Any], *, supervised: bool = False) -> str:
    """Adds a handler."""
    await of.add(name, Handler(manager=lane, name=name, spec=spec), supervised=supervised)
    return "ok"


async def add_supervised(of: EventManagerRef, lane: str, name: str, spec: dict[str, Any]) -> str:
    """Adds one that whoever adds it supervises."""
    return await add(of, lane, name, spec, supervised=True)


async def delete(of: EventManagerRef, _lane: str, name: str) -> Any:
    """Removes a handler."""
    return await of.remove(name, "deleted")


async def swap(of: EventManagerRef, lane: str, old: str, new: str, spec: dict[str, Any]) -> str:
    """Puts a handler in another one's place."""
    await of.swap(old, new, Handler(manager=lane, name=new, spec=spec), farewell="swapped")
    return "ok"


async def handlers(of: EventManagerRef, _lane: str) -> list[str]:
    """The handlers."""
    return await of.handlers()


async def notify(of: EventManagerRef, _lane: str, event: str) -> str:
    """Sends an event."""
    of.notify(event)
    return "ok"


async def sync_notify(of: EventManagerRef, _lane: str, event: str) -> str:
    """Sends an event and waits."""
    await of.sync_notify(event)
    return "ok"


async def call_handler(of: EventManagerRef, _lane: str, name: str, query: str) -> Any:
    """Asks one handler."""
    return await of.call(name, query)


OPERATIONS: dict[str, Callable[..., Awaitable[Any]]] = {
    "add_handler": add,
    "add_sup_handler": add_supervised,
    "delete_handler": delete,
    "swap_handler": swap,
    "handlers": handlers,
    "notify": notify,
    "sync_notify": sync_notify,
    "call_handler": call_handler,
}
