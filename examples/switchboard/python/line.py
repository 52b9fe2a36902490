"""A line: one telephone at the end of a wire. It is idle, or it is in one call."""

from typing import Any

import msgspec

from everact import Context, Down, EventManagerRef, Process, ProcessRef, handler


class Ringing(msgspec.Struct):
    """Rings a line: for which call, and after how long somebody picks up (0: nobody is at home)."""

    call: ProcessRef[Any]
    answer_ms: int


class Line(Process):
    """Watches the call that it is in. However that ends, the line is idle afterwards."""

    number: int = 0

    def activated(self, ctx: Context) -> None:
        """A line that was killed begins anew: idle, and in no call."""
        self.call: ProcessRef[Any] | None = None
        events = ctx.whereis("events")
        assert isinstance(events, EventManagerRef)
        events.notify({"event": "line up", "line": self.number})

    @handler
    def seize(self, ctx: Context, call: ProcessRef[Any]) -> None:
        """The handset is lifted: a dial tone, unless the line is in a call."""
        call.tell("tone" if self._takes(ctx, call) else "engaged")

    @handler
    def ring(self, ctx: Context, ringing: Ringing) -> None:
        """Somebody calls."""
        if not self._takes(ctx, ringing.call):
            ringing.call.tell("engaged")
        elif ringing.answer_ms:
            ctx.send_after(ringing.answer_ms / 1000, ringing.call, "answered")

    @handler
    def is_idle(self) -> bool:
        """Whether it is in no call."""
        return self.call is None

    def on_down(self, ctx: Context, down: Down) -> None:
        """The call has ended, or was killed."""
        self.call = None

    def _takes(self, ctx: Context, call: ProcessRef[Any]) -> bool:
        if self.call is not None:
            return False
        self.call = call
        ctx.monitor(call)
        return True
