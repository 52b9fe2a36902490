"""The exchange: puts calls through, watches each of them, and keeps the tally."""

from typing import Any

import msgspec
from call import Call, Plan

from everact import Context, Down, EventManagerRef, ReplyTo, Server, ServerContext, SupervisorRef, handler


class Tally(msgspec.Struct):
    """How the calls have ended so far."""

    begun: int = 0
    completed: int = 0
    busy: int = 0
    given_up: int = 0
    killed: int = 0
    line_lost: int = 0

    def open(self) -> int:
        """Calls that are under way."""
        return self.begun - self.completed - self.busy - self.given_up - self.killed - self.line_lost


class Exchange(Server):
    """Has no part in a conversation, so nothing that happens to a call can harm it."""

    tally: Tally = msgspec.field(default_factory=Tally)

    def activated(self) -> None:
        """Nobody waits yet."""
        self.waiting: list[ReplyTo] = []

    @handler
    async def place(self, ctx: ServerContext, plan: Plan) -> None:
        """Starts a call, and watches it before it begins."""
        calls = ctx.whereis("calls")
        assert isinstance(calls, SupervisorRef)
        call = await calls.start(Call(plan=plan))
        assert call is not None
        self.tally.begun += 1
        ctx.monitor(call)
        call.tell(Call.lift)
        for digit in plan.dials:
            call.tell(Call.digit, digit)

    def on_down(self, ctx: Context, down: Down) -> None:
        """A call has ended. Its reason says how, whatever became of it."""
        match down.reason.why, down.reason.detail:
            case "shutdown", {"outcome": "completed", "plan": plan}:
                self.tally.completed += 1
                events(ctx).notify({"event": "completed", "talk_ms": plan["talk_ms"]})
            case "shutdown", {"outcome": "busy"}:
                self.tally.busy += 1
            case "shutdown", {"outcome": "given up"}:
                self.tally.given_up += 1
            case "custom", "line lost":
                self.tally.line_lost += 1
            case _:
                self.tally.killed += 1
        self._tell_who_waits()

    @handler
    def drained(self, ctx: ServerContext) -> Tally:
        """The tally, once no call is under way."""
        self.waiting.append(ctx.defer())
        self._tell_who_waits()
        return self.tally  # nobody gets it

    def _tell_who_waits(self) -> None:
        if self.tally.open() == 0:
            for who in self.waiting:
                who.reply(self.tally)
            self.waiting = []


def events(ctx: Context) -> Any:
    """The event manager."""
    found = ctx.whereis("events")
    assert isinstance(found, EventManagerRef)
    return found
