"""The peers: an actor as it is written by hand on asyncio, and pykka's. Neither stores anything."""

from __future__ import annotations

import asyncio
import time

import pykka
from asks import IN_FLIGHT, loops, sequence


class QueueActor:
    """A task with a queue; an ask carries a future for its answer."""

    def __init__(self) -> None:
        """Starts the task."""
        self._value = 0
        self._mailbox: asyncio.Queue[tuple[int, asyncio.Future[int]]] = asyncio.Queue()
        self.task = asyncio.create_task(self._run())

    async def _run(self) -> None:
        while True:
            amount, answer = await self._mailbox.get()
            self._value += amount
            answer.set_result(self._value)

    async def add(self, amount: int) -> int:
        """Asks it to add."""
        answer: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._mailbox.put_nowait((amount, answer))
        return await answer


async def queue_seq(seconds: float) -> float:
    """Asks a second, one in flight."""
    actor = QueueActor()
    found = await sequence(actor.add, seconds)
    actor.task.cancel()
    return found


async def queue_conc(seconds: float) -> float:
    """Asks a second of many tasks, each with an actor of its own."""
    actors = [QueueActor() for _ in range(IN_FLIGHT)]
    found = await loops([actor.add for actor in actors], seconds)
    for actor in actors:
        actor.task.cancel()
    return found


class PykkaCounter(pykka.ThreadingActor):
    """pykka's actor: a thread of its own."""

    def __init__(self) -> None:
        """Starts at 0."""
        super().__init__()
        self.value = 0

    def add(self, amount: int) -> int:
        """Adds."""
        self.value += amount
        return self.value


def pykka_seq(seconds: float) -> float:
    """Asks a second, one in flight."""
    actor = PykkaCounter.start()
    proxy, done, began = actor.proxy(), 0, time.perf_counter()
    while time.perf_counter() < began + seconds:
        for _ in range(100):
            proxy.add(1).get()
        done += 100
    found = done / (time.perf_counter() - began)
    actor.stop()
    return found
