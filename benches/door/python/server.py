"""What is measured from Python: opens an engine on the folder given, prints where it listens, ends with its input."""

import asyncio
import sys

from bench.v1.door_everact import CounterActor, EchoActor
from bench.v1.door_pb2 import AddRequest, AddResponse, SayRequest, SayResponse

from everact import Context, Engine


class Echo(EchoActor):
    """Keeps nothing."""

    def say(self, ctx: Context, request: SayRequest, /) -> SayResponse:
        """Gives the text back."""
        return SayResponse(text=request.text)


class Counter(CounterActor):
    """Keeps its number."""

    def add(self, ctx: Context, request: AddRequest, /) -> AddResponse:
        """Adds to the number."""
        self.state.value += request.amount
        return AddResponse(value=self.state.value)


async def main(data: str) -> None:
    """Serves until the input ends."""
    async with Engine(data, actors=[Echo, Counter], listen="127.0.0.1:0") as engine:
        print(engine.address, flush=True)
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


asyncio.run(main(sys.argv[1]))
