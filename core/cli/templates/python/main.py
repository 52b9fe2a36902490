"""Opens the engine and serves its actors: `reenact serve`, or `python -m {{ module }}`."""

import asyncio
import os

from reenact import Engine

from {{ module }}.airport import Airport


async def main() -> None:
    async with Engine(os.environ.get("REENACT_DATA", "data"), actors=[Airport]) as engine:
        print("SFO has seen", await engine.actor(Airport, "SFO").count(), "flights", flush=True)
        if engine.address:
            print("listening on", engine.address, flush=True)
            await asyncio.Event().wait()


if __name__ == "__main__":
    try:
        asyncio.run(main())
    except KeyboardInterrupt:
        pass
