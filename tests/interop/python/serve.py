"""serve DATA: an engine that listens. Prints its address, ends with its input."""

import asyncio
import sys

from airports import Airports

from everact import Engine


async def main(data: str) -> None:
    """Serves until the input ends."""
    async with Engine(data, actors=[Airports], listen="127.0.0.1:0") as engine:
        print(f"http://{engine.address}", flush=True)
        await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
