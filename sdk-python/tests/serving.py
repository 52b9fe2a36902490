"""A process that serves: opens an engine that listens, prints where, ends with its input."""

from __future__ import annotations

import asyncio
import sys

from actors import Counter, Link, Scratch
from airports import Airports, Parts
from test_metadata import Carrier, Porter

from everact import Engine, Options


async def main(data: str, listen: str) -> None:
    """Serves until the input ends."""
    flights = Carrier if data.endswith("carrier") else Airports
    actors = [Counter, Scratch, Link, Porter, Parts, flights]
    async with Engine(data, actors=actors, listen=listen, options=Options(gateway={"serve": "all"})) as engine:
        print(engine.address, flush=True)
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2]))
