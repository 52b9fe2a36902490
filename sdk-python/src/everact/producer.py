"""Producers: a stream of numbered messages, each applied once, however often the stream is sent.

async with Engine("flights-data", actors=[Airport]) as engine:
    producer = engine.producer("flights-2024.csv")
    done = await producer.ingest(
        ((engine.actor(Airport, row.origin).departed, row) for row in rows), in_flight=1_000
    )
    print(done.applied, "applied,", done.already_applied, "were there already")
"""

from __future__ import annotations

import asyncio
import random
from collections import deque
from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import msgspec

from everact._generated.limits import (
    INGEST_ATTEMPTS_MAX,
    INGEST_IN_FLIGHT,
    INGEST_WAIT_MS_FIRST,
    INGEST_WAIT_MS_MAX,
)
from everact.codec import ABSENT
from everact.dead_letters import decide
from everact.errors import AlreadyApplied, EveractError, InvalidArgument
from everact.reference import TypedReference
from everact.retry import Retry

if TYPE_CHECKING:
    from everact._lane import Lane

Item: TypeAlias = "tuple[Callable[..., Any], Any] | tuple[Callable[..., Any]]"
"""A handler of a reference with its message, or without one."""

_FACTOR: Final = 2.0
_JITTER: Final = 0.0


@dataclass(frozen=True)
class Ingested:
    """What became of a source."""

    applied: int = 0
    """Messages that have a reply: they were applied now, or each was its actor's newest, whose reply is kept."""
    already_applied: int = 0
    """Messages that had been applied before, and have no reply any more."""
    newest: int = 0
    """The number of the last message; 0 where there was none."""


class Producer:
    """The sender of a stream; `engine.producer(name)` gives one. Its name and the numbers recognize its messages."""

    __slots__ = ("_lane", "name")

    def __init__(self, lane: Lane, name: str) -> None:
        """Made by `Engine.producer` and `Connection.producer`."""
        self._lane = lane
        self.name = name

    async def newest(self, actor: Any = None) -> int | None:
        """The newest number that was applied or skipped; None where none was.

        `actor`, a reference, asks for one actor's; without it the newest of all counts.
        """
        return await self._number("sequence", actor)

    async def gap(self, actor: Any = None) -> int | None:
        """The lowest number that failed and that later ones wait for; None where none did."""
        return await self._number("gap", actor)

    async def skip(self, actor: Any, sequence: int) -> None:
        """Goes on at this actor without a number that failed. Raises `InvalidArgument` where it is no gap."""
        kind, key = _address(actor)
        await decide(self._lane, "producer_skip", producer=self.name, kind=kind, key=key, sequence=sequence)

    async def resume_at(self, in_flight: int = INGEST_IN_FLIGHT) -> int:
        """The first number that may be missing after a run of `ingest` with so many in flight that did not end.

        Begin the source there, with `first_sequence`. It looks at every actor that the producer has sent to.
        """
        newest, gap = await self.newest(), await self.gap()
        first = 1 if newest is None else max(1, newest - in_flight + 1)
        return first if gap is None else min(first, gap)

    async def ingest(
        self,
        source: Iterable[Item | None] | AsyncIterable[Item | None],
        *,
        first_sequence: int = 1,
        in_flight: int = INGEST_IN_FLIGHT,
        retry: Retry | None = None,
        done: Callable[[int], object] | None = None,
    ) -> Ingested:
        """Sends all messages of a source, each applied once, an actor's in the order of the source.

        Parameters:
            source: pairs of a reference's handler and its message; an iterable or an asynchronous one. None takes a
                number and sends nothing: a record that is left out, after `skip`.
            first_sequence: the number of the first message; each next one has the next number.
            in_flight: messages that are open at once, 1,000 by default: the oldest must be done before a newer one is
                sent.
            retry: how often and when a message is sent again after an error that is `retryable`. By default ten
                attempts; 100 ms before the second, each further wait twice as long, at most 10,000 ms. `not_retried`
                names errors of the table.
            done: is called with the number of each message that is done.

        Raises the error of the lowest number that no attempt mended, when all that were open are done; it has
        the number as `sequence`. The same source can be sent again at any time.
        """
        if in_flight < 1:
            raise InvalidArgument(f"in_flight is at least 1, not {in_flight}")
        run = _Run(self._lane, self.name, retry or Retry(), done)
        sequence = first_sequence - 1
        try:
            async for item in _each(source):
                while len(run.window) >= in_flight:
                    await run.settle_oldest()
                if run.failures:
                    break
                sequence += 1
                if item is not None:
                    run.send(sequence, item)
            while run.window and not run.failures:
                await run.settle_oldest()
        finally:
            await run.finish()
        return Ingested(run.applied, run.already_applied, sequence if sequence >= first_sequence else 0)

    async def _number(self, name: str, actor: Any) -> int | None:
        kind, key = (None, None) if actor is None else _address(actor)
        answer = await decide(self._lane, "producer", producer=self.name, kind=kind, key=key)
        found: dict[str, int | None] = msgspec.json.decode(answer, type=dict[str, Any])
        return found[name]


class _Run:
    """One source on its way."""

    def __init__(self, lane: Lane, name: str, retry: Retry, done: Callable[[int], object] | None) -> None:
        self.lane = lane
        self.name = name
        self.attempts_max = retry.attempts_max or INGEST_ATTEMPTS_MAX
        first, longest = retry.first_wait_ms, retry.wait_max_ms
        # A wait that is not given gives way to the one that is.
        self.first_wait_ms = min(INGEST_WAIT_MS_FIRST, longest or INGEST_WAIT_MS_FIRST) if first is None else first
        self.wait_max_ms = max(INGEST_WAIT_MS_MAX, self.first_wait_ms) if longest is None else longest
        self.factor = _FACTOR if retry.factor is None else retry.factor
        self.jitter = _JITTER if retry.jitter is None else retry.jitter
        self.not_retried = set(retry.declaration().get("not_retried", ()))
        self.window: deque[tuple[int, asyncio.Task[None]]] = deque()
        self.applied = self.already_applied = 0
        self.failures: dict[int, BaseException] = {}
        self.newest: dict[tuple[int, str], asyncio.Task[None]] = {}
        self.troubled: set[asyncio.Task[Any] | None] = set()
        self.done = done

    def send(self, sequence: int, item: Item) -> None:
        method, message = item[0], item[1] if len(item) > 1 else ABSENT
        target, table, payload = self.lane.message_of(method, () if message is ABSENT else (message,), {})
        optioned = target.with_options(producer=self.name, sequence=sequence)
        actor = target._kind.index, target._key
        task = self.lane.loop.create_task(self._deliver(sequence, optioned, table, payload, self.newest.get(actor)))
        self.newest[actor] = task
        task.add_done_callback(self.troubled.discard)
        self.window.append((sequence, task))

    async def settle_oldest(self) -> None:
        await self.window[0][1]
        self.oldest_open()

    def oldest_open(self) -> int | None:
        """The lowest number that is not done; the window begins there afterwards."""
        while self.window and self.window[0][1].done():
            self.window.popleft()
        return self.window[0][0] if self.window else None

    async def finish(self) -> None:
        """Waits for what is open; the error of the lowest number is the one to know."""
        await asyncio.gather(*(task for _, task in self.window), return_exceptions=True)
        if self.failures:
            lowest = min(self.failures)
            error: Any = self.failures[lowest]
            error.sequence = lowest
            raise error

    async def _deliver(
        self, sequence: int, target: Any, table: Any, payload: bytes, before: asyncio.Task[None] | None
    ) -> None:
        """One message until it is applied or given up. An actor takes numbers that rise, so none overtakes another.

        A message that failed waits for the one before it to the same actor, and so does a new one behind a message that
        waits: a higher number that was applied meanwhile would make the lower one a known one.
        """
        attempt, wait_ms = 1, float(self.first_wait_ms)
        if before in self.troubled:
            await self._wait_for(before)
        while True:
            try:
                await target._submit(table, payload)
            except AlreadyApplied:
                self.already_applied += 1
                break
            except EveractError as error:
                is_behind = before is not None and not before.done()
                if is_behind:
                    await self._wait_for(before)
                elif attempt >= self.attempts_max or not self._may_mend(error):
                    self.failures[sequence] = error
                    return
                else:
                    self.troubled.add(asyncio.current_task())
                    attempt += 1
                    await asyncio.sleep(wait_ms * (1 - self.jitter * random.random()) / 1000)
                    wait_ms = min(wait_ms * self.factor, self.wait_max_ms)
                if self.failures and min(self.failures) < sequence:
                    return  # it is not the one to know, and comes again with the source
            else:
                self.applied += 1
                break
        if self.done is not None:
            self.done(sequence)

    async def _wait_for(self, before: asyncio.Task[None] | None) -> None:
        self.troubled.add(asyncio.current_task())
        if before is not None:
            await asyncio.wait({before})

    def _may_mend(self, error: EveractError) -> bool:
        return error.retryable and error.name not in self.not_retried


def _address(actor: Any) -> tuple[str, str]:
    """The kind and key of a reference: typed, by name, or generated."""
    typed = getattr(actor, "_typed", None) if not isinstance(actor, TypedReference) else actor
    if not isinstance(typed, TypedReference):
        raise InvalidArgument(f"a reference to an actor is needed, not a {type(actor).__name__}")
    return typed._kind.name, typed._key


async def _each(source: Iterable[Item | None] | AsyncIterable[Item | None]) -> AsyncIterator[Item | None]:
    if isinstance(source, AsyncIterable):
        async for item in source:
            yield item
    else:
        for item in source:
            yield item
