# One durable actor per airport: run it twice, the second run goes on from the state of the first.
import asyncio

from everact import Actor, Engine, handler


class Airport(Actor):  # kind "airport": one instance per key, created on first message
    flights: int = 0  # durable state: plain typed fields

    @handler
    async def landed(self, delay: int) -> str:
        self.flights += 1
        return f"flight {self.flights}, {delay} minutes late"


async def main() -> None:
    async with Engine("flights-data", actors=[Airport]) as engine:
        print(await engine.actor(Airport, "SFO").landed(12))


asyncio.run(main())
