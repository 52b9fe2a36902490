"""What the exchange tells of goes to an event manager, whose handlers make bills and watch over the lines."""

from typing import Any, Literal

from everact import Context, EventHandler, EventManager, EventManagerRef, HandlerGone, Process


class Billing(EventHandler):
    """Makes a bill for each call that was completed."""

    bills: int = 0
    talked_ms: int = 0

    def on_event(self, event: dict[str, Any]) -> None:
        """Looks at completed calls only."""
        if event["event"] == "completed":
            self.bills += 1
            self.talked_ms += event["talk_ms"]

    def on_call(self, query: Literal["bills"]) -> int:
        """How many bills there are."""
        return self.bills


class Monitor(EventHandler):
    """Counts how often lines have come up."""

    starts: int = 0

    def on_event(self, event: dict[str, Any]) -> None:
        """Looks at lines only."""
        if event["event"] == "line up":
            self.starts += 1

    def on_call(self, query: Literal["starts"]) -> int:
        """How many starts there were."""
        return self.starts


Events = EventManager("events", handlers=[Billing, Monitor])


class Clerk(Process):
    """Sees to it that both handlers are there. One that fails is removed by the manager, and the clerk is told."""

    async def activated(self, ctx: Context) -> None:
        """Comes right after the manager in the tree, so no event is missed."""
        await self._add(ctx, "billing", Billing())
        await self._add(ctx, "monitor", Monitor())

    async def on_handler_gone(self, ctx: Context, gone: HandlerGone) -> None:
        """A new one takes the place of one that has failed."""
        await self._add(ctx, gone.id, Billing() if gone.id == "billing" else Monitor())

    async def _add(self, ctx: Context, name: str, handler: EventHandler) -> None:
        manager = ctx.whereis("events")
        assert isinstance(manager, EventManagerRef)
        await manager.add(name, handler, supervised=True)
