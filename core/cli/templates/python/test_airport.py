import asyncio

from reenact import Engine

from {{ module }}.airport import Airport


def test_flights_are_counted() -> None:
    async def story() -> None:
        async with Engine(actors=[Airport]) as engine:
            airport = engine.actor(Airport, "SFO")
            assert await airport.landed(12) == 12
            assert await airport.landed(-3) == 6
            assert await airport.count() == 2

    asyncio.run(story())
