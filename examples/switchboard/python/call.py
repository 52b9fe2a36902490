"""A call: a state machine from the lifted handset to the last word.

idle -> dialling -> ringing -> connected -> released, and from each of them straight to released.
"""

from typing import Any

import msgspec
from line import Line, Ringing

from everact import Context, Down, ExitReason, ProcessRef, StateMachine, StateMachineContext, Timeout, handler, hook

DIGITS = 2
DIALLING_S = 0.05
RINGING_S = 0.05


class Plan(msgspec.Struct, frozen=True):
    """What the two people are going to do."""

    caller: int
    dials: str
    """The digits, or nothing by somebody who lifts the handset and forgets why."""
    answer_ms: int
    talk_ms: int


class Call(StateMachine, initial="idle"):
    """How a call ends is the reason with which its process ends, so nothing can come between the two."""

    plan: Plan = Plan(0, "", 0, 0)
    dialled: str = ""
    outcome: str = ""

    @handler(state="idle")
    def lift(self, ctx: StateMachineContext) -> None:
        """The caller lifts the handset, and waits for the tone."""
        self._line(ctx, self.plan.caller).tell(Line.seize, ctx.self)

    @handler(state="idle")
    def tone(self, ctx: StateMachineContext) -> None:
        """The line is ours."""
        ctx.next_state("dialling")

    @handler(name="digit", state="idle")
    def too_early(self, ctx: StateMachineContext, digit: str) -> None:
        """Who dials before the tone loses no digit: it comes again in the next state."""
        ctx.postpone()

    @hook("on_enter", state="dialling")
    def await_digits(self, ctx: StateMachineContext, previous: str) -> None:
        """Nobody may hold a line for ever without dialling."""
        ctx.state_timeout(DIALLING_S, "given up")

    @handler(state="dialling")
    def digit(self, ctx: StateMachineContext, digit: str) -> None:
        """The last one makes it ring."""
        self.dialled += digit
        if len(self.dialled) == DIGITS:
            ctx.next_state("ringing")

    @hook("on_enter", state="ringing")
    def ring(self, ctx: StateMachineContext, previous: str) -> None:
        """Rings the other line, for a while."""
        self._line(ctx, int(self.dialled)).tell(Line.ring, Ringing(ctx.self, self.plan.answer_ms))
        ctx.state_timeout(RINGING_S, "given up")

    @handler(state="ringing")
    def answered(self, ctx: StateMachineContext) -> None:
        """The other one says hello."""
        ctx.next_state("connected")

    @handler(state=("idle", "ringing"))
    def engaged(self, ctx: StateMachineContext) -> None:
        """A line is in another call."""
        self._release(ctx, "busy")

    @hook("on_enter", state="connected")
    def talk(self, ctx: StateMachineContext, previous: str) -> None:
        """They talk, until they have said it all."""
        ctx.state_timeout(self.plan.talk_ms / 1000, "completed")

    def on_timeout(self, ctx: StateMachineContext, timeout: Timeout) -> None:
        """The time of a state is over; what that means is what it was started with."""
        self._release(ctx, timeout.content)

    @hook("on_enter", state="released")
    def hang_up(self, ctx: StateMachineContext, previous: str) -> None:
        """Both lines see this process end, and so does the exchange, which reads the outcome."""
        ctx.exit(ExitReason.shutdown({"outcome": self.outcome, "plan": self.plan}))

    def on_down(self, ctx: Context, down: Down) -> None:
        """A line was killed. There is nothing to be saved: let it crash."""
        ctx.exit(ExitReason.custom("line lost"))

    def _release(self, ctx: StateMachineContext, outcome: str) -> None:
        self.outcome = outcome
        ctx.next_state("released")

    def _line(self, ctx: Context, number: int) -> ProcessRef[Any]:
        """A line that is watched from now on; one that was killed a moment ago may not be back yet."""
        line = ctx.whereis(f"line {number:02}")
        if line is None:
            ctx.exit(ExitReason.custom("line lost"))
        ctx.monitor(line)
        return line
