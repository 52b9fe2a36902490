"""The same programs on Python's own actor libraries.

xoscar's actors are objects of one loop, pykka's are threads. Neither starts an actor again that has failed, nor has it
timers.
"""

from __future__ import annotations

import asyncio
import gc
import subprocess
import sys
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Final

import pykka
import xoscar
from processes import PAGE, PAIRS, RING, Round, resident_bytes

XOSCAR_SPAWNS: Final = 5_000
PYKKA_SPAWNS: Final = 2_000

Reference = Any
"""xoscar's and pykka's have no types."""


class XoscarHolder(xoscar.Actor):  # type: ignore[misc]
    """Lives."""

    def __init__(self) -> None:
        """Starts at 0."""
        self.value = 0

    def add(self, amount: int) -> int:
        """Adds."""
        self.value += amount
        return self.value


class XoscarSink(XoscarHolder):
    """Counts what it is told."""

    async def flush(self, source: Reference) -> None:
        """The end of a page."""
        if Round.now.is_over():
            Round.now.end(self.value)
        else:
            await source.send_page.tell()


class XoscarSource(xoscar.Actor):  # type: ignore[misc]
    """Sends a page at a time."""

    def __init__(self, sink: Reference, own: str) -> None:
        """To this one."""
        self.sink = sink
        self.own = own

    async def send_page(self) -> None:
        """Sends a page."""
        for _ in range(PAGE):
            await self.sink.add.tell(1)
        await self.sink.flush.tell(await xoscar.actor_ref(address=self.address, uid=self.own))


class XoscarMember(xoscar.Actor):  # type: ignore[misc]
    """One of a ring."""

    async def join(self, following: str) -> None:
        """Says who the next one is."""
        self.following = await xoscar.actor_ref(address=self.address, uid=following)

    async def hop(self, hops: int) -> None:
        """Hands the message on."""
        if hops % PAGE == 0 and Round.now.is_over():
            Round.now.end(hops)
        else:
            await self.following.hop.tell(hops + 1)


class XoscarAsker(xoscar.Actor):  # type: ignore[misc]
    """Asks one of its own, again and again."""

    async def run(self, asked: str) -> int:
        """How often it has asked."""
        reference, done = await xoscar.actor_ref(address=self.address, uid=asked), 0
        while not Round.now.is_over():
            for _ in range(10):
                await reference.add(1)
            done += 10
        return done


async def _create(of: type[Any], address: str, uid: str, *given: object) -> Reference:
    """An actor, and the reference to it that does without a message where it is in this process."""
    await xoscar.create_actor(of, *given, address=address, uid=uid)
    return await xoscar.actor_ref(address=address, uid=uid)


async def _xoscar_spawns(address: str, seconds: float) -> float:
    now = Round(seconds)
    for number in range(XOSCAR_SPAWNS):
        await xoscar.create_actor(XoscarHolder, address=address, uid=str(number))
    return now.rate(XOSCAR_SPAWNS)


async def _xoscar_bytes(address: str, _: float) -> float:
    before = resident_bytes()
    for number in range(XOSCAR_SPAWNS):
        await (await _create(XoscarHolder, address, str(number))).add(1)
    return (resident_bytes() - before) / XOSCAR_SPAWNS


async def _xoscar_tells(address: str, seconds: float) -> float:
    sink = await _create(XoscarSink, address, "sink")
    source = await _create(XoscarSource, address, "source", sink, "source")
    now = Round(seconds)
    await source.send_page.tell()
    return await now.ended()


async def _xoscar_ring(address: str, seconds: float) -> float:
    members = [await _create(XoscarMember, address, str(number)) for number in range(RING)]
    for number, member in enumerate(members):
        await member.join(str((number + 1) % RING))
    now = Round(seconds)
    await members[0].hop.tell(1)
    return await now.ended()


async def _xoscar_pairs(address: str, seconds: float) -> float:
    askers = []
    for number in range(PAIRS):
        await _create(XoscarHolder, address, f"asked{number}")
        askers.append(await _create(XoscarAsker, address, f"asker{number}"))
    now = Round(seconds)
    return now.rate(sum(await asyncio.gather(*(asker.run(f"asked{at}") for at, asker in enumerate(askers)))))


def _in_pool(measure: Callable[[str, float], Awaitable[float]], seconds: float) -> float:
    async def run() -> float:
        pool = await xoscar.create_actor_pool("127.0.0.1", n_process=0)
        async with pool:
            return await measure(pool.external_address, seconds)

    return asyncio.run(run())


class PykkaHolder(pykka.ThreadingActor):
    """Lives."""

    def __init__(self) -> None:
        """Starts at 0."""
        super().__init__()
        self.value = 0

    def on_receive(self, amount: int) -> int:
        """Adds."""
        self.value += amount
        return self.value


class PykkaSink(pykka.ThreadingActor):
    """Counts what it is told."""

    def __init__(self) -> None:
        """Starts at 0."""
        super().__init__()
        self.value = 0

    def on_receive(self, message: Any) -> None:
        """One of a page, or its end."""
        if type(message) is int:
            self.value += message
        elif Round.now.is_over():
            Round.now.end_from_thread(self.value)
        else:
            message.tell(None)


class PykkaSource(pykka.ThreadingActor):
    """Sends a page at a time."""

    def __init__(self, sink: Reference) -> None:
        """To this one."""
        super().__init__()
        self.sink = sink

    def on_receive(self, _: object) -> None:
        """Sends a page."""
        for _ in range(PAGE):
            self.sink.tell(1)
        self.sink.tell(self.actor_ref)


class PykkaMember(pykka.ThreadingActor):
    """One of a ring."""

    following: Reference

    def on_receive(self, message: Any) -> None:
        """Hands the message on, or learns who the next one is."""
        if type(message) is not int:
            self.following = message
        elif message % PAGE == 0 and Round.now.is_over():
            Round.now.end_from_thread(message)
        else:
            self.following.tell(message + 1)


class PykkaAsker(pykka.ThreadingActor):
    """Asks one of its own, again and again."""

    def on_receive(self, asked: Reference) -> int:
        """How often it has asked."""
        done = 0
        while not Round.now.is_over():
            for _ in range(10):
                asked.ask(1)
            done += 10
        return done


async def _pykka_spawns(seconds: float) -> float:
    now = Round(seconds)
    for _ in range(PYKKA_SPAWNS):
        PykkaHolder.start()
    return now.rate(PYKKA_SPAWNS)


async def _pykka_bytes(_: float) -> float:
    before = resident_bytes()
    for _ in range(PYKKA_SPAWNS):
        PykkaHolder.start().ask(1)
    return (resident_bytes() - before) / PYKKA_SPAWNS


async def _pykka_tells(seconds: float) -> float:
    source = PykkaSource.start(PykkaSink.start())
    now = Round(seconds)
    source.tell(None)
    return await now.ended()


async def _pykka_ring(seconds: float) -> float:
    members = [PykkaMember.start() for _ in range(RING)]
    for member, following in zip(members, [*members[1:], members[0]], strict=True):
        member.ask(following)
    now = Round(seconds)
    members[0].tell(1)
    return await now.ended()


async def _pykka_pairs(seconds: float) -> float:
    askers = [PykkaAsker.start() for _ in range(PAIRS)]
    now = Round(seconds)
    done = [asker.ask(PykkaHolder.start(), block=False) for asker in askers]
    return now.rate(sum(await asyncio.to_thread(pykka.get_all, done)))


def _with_threads(measure: Callable[[float], Coroutine[Any, Any, float]], seconds: float) -> float:
    try:
        return asyncio.run(measure(seconds))
    finally:
        pykka.ActorRegistry.stop_all()
        gc.collect()


def peer_figures(seconds: float) -> dict[str, tuple[Callable[[], float], str]]:
    """How to measure one round of each, and its unit."""
    found: dict[str, tuple[Callable[[], float], str]] = {}
    xoscars = {
        "spawns_per_s": (_xoscar_spawns, "per s"),
        "tells_per_s": (_xoscar_tells, "per s"),
        "ring_hops_per_s": (_xoscar_ring, "per s"),
        "asks_per_s.64": (_xoscar_pairs, "per s"),
    }
    pykkas = {
        "spawns_per_s": (_pykka_spawns, "per s"),
        "tells_per_s": (_pykka_tells, "per s"),
        "ring_hops_per_s": (_pykka_ring, "per s"),
        "asks_per_s.64": (_pykka_pairs, "per s"),
    }
    for name, (measure, unit) in xoscars.items():
        found[f"peer.xoscar.process.{name}"] = (lambda run=measure: _in_pool(run, seconds)), unit  # type: ignore[misc]
    for name, (run, unit) in pykkas.items():
        found[f"peer.pykka.process.{name}"] = (lambda run=run: _with_threads(run, seconds)), unit  # type: ignore[misc]
    return found


def peer_live_bytes(library: str) -> float:
    """What each of many living actors of a library costs, in an interpreter of its own, whose memory is fresh."""
    done = subprocess.run([sys.executable, __file__, library], stdout=subprocess.PIPE, text=True, check=True)
    return float(done.stdout)


if __name__ == "__main__":
    print(_in_pool(_xoscar_bytes, 0) if sys.argv[1] == "xoscar" else _with_threads(_pykka_bytes, 0))
