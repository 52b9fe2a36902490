"""Pools: kinds that compute for long run in processes of their own, so that others do not wait for them.

A handler of such a kind is a function of its actor's state and its message. Both are sent to a process of the pool, and
what the handler has made of them comes back: the reply, the new state, and what it tells, which the turn then does in
this process as if the handler had run here. What runs over there is in `_pool_worker.py`.
"""

from __future__ import annotations

import asyncio
import logging
import os
import pickle
import re
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import current_process, get_context
from typing import TYPE_CHECKING, Any, Final

import msgspec

from everact import _pool_worker
from everact._pool_worker import Failed, Returned, Told, Work
from everact._refusal import Refusal
from everact._text import text_of
from everact.errors import HandlerFailed, InvalidConfiguration, InvalidDeclaration, InvalidState

if TYPE_CHECKING:
    from everact._kinds import ClassTable, KindTable
    from everact.context import Context
    from everact.handler import HandlerTable

LOG: Final = logging.getLogger("everact")

CPU: Final = "cpu"
"""The pool that every engine has: as many processes as there are processors less one, and at least one."""

_GUARD: Final = 'put what starts the program behind `if __name__ == "__main__":`'
_NAME: Final = re.compile(r"[a-z][a-z0-9_]*")
_set: Final = msgspec.Struct.__setattr__


class Pool:
    """Processes that run handlers: as many as its size, made when they are needed."""

    def __init__(self, name: str, size: int) -> None:
        """Starts nothing yet."""
        self.name = name
        self.size = size
        self._executor: ProcessPoolExecutor | None = None

    async def run(self, work: Work) -> Returned | Failed:
        """Runs a handler in one of the processes; turns beyond the pool's size wait, in order."""
        if self._executor is None:
            # A fork would have the loop, its descriptors and the core's memory; a new interpreter has nothing of them.
            self._executor = ProcessPoolExecutor(self.size, get_context("spawn"), _pool_worker.begin)
        executor = self._executor
        try:
            return await asyncio.wrap_future(executor.submit(_pool_worker.run, work))
        except BrokenProcessPool:
            if self._executor is executor:
                self._executor = None
            text = f"a process of the pool {self.name} has ended while it ran {work.kind}.{work.handler}"
            text = f"{text}; if it never began, {_GUARD}"
            raise Refusal(HandlerFailed.code, f"BrokenProcessPool: {text}") from None

    def close(self) -> None:
        """Ends the processes."""
        if self._executor is not None:
            self._executor.shutdown(wait=False, cancel_futures=True)
            self._executor = None


def refuse_in_import() -> None:
    """Raises `InvalidState` while a process of a pool imports the program, which has no guard and begins anew."""
    # As the standard library sees it, which refuses to start processes then.
    if getattr(current_process(), "_inheriting", False):
        raise InvalidState(f"a process of a pool imports the program, which opens an engine: {_GUARD}")


def pools_of(tables: list[KindTable], sizes: Mapping[str, int]) -> list[Pool]:
    """Has the handlers of kinds with a pool run there; gives the pools. Raises what is wrong with them."""
    pools = {CPU: Pool(CPU, max(1, (os.cpu_count() or 1) - 1))}
    for name, size in sizes.items():
        if not _NAME.fullmatch(name) or type(size) is not int or size < 1:
            raise InvalidConfiguration(f"pools: {name!r}: {size!r}: names are lower snake case, sizes at least 1")
        pools[name] = Pool(name, size)
    for table in tables:
        if table.options.pool is not None:
            _put(table, pools)
    return list(pools.values())


def _put(table: KindTable, pools: Mapping[str, Pool]) -> None:
    from everact._kinds import ClassTable

    pool = pools.get(table.options.pool or "")
    if pool is None:
        raise InvalidDeclaration(f"{table.name}: the engine has no pool {table.options.pool!r}")
    if type(table) is not ClassTable:
        raise InvalidDeclaration(
            f"{table.name}: a pool runs handlers of actors of typed fields, which are functions of state and message; "
            "a process uses the engine while it runs, so it stays here and asks such an actor"
        )
    try:
        pickle.dumps(table.declared)
    except Exception as error:
        text = f"{table.name}: a pool's processes import its class, which cannot be: {text_of(error)}"
        raise InvalidDeclaration(text) from None
    for handler in table.handlers:
        if handler.reentrant:
            raise InvalidDeclaration(f"{handler.label}: a handler in a pool asks nobody, so none comes back to it")
        handler.may_suspend = handler.is_coroutine = handler.reaches = True
        handler.invoke = _remote(pool, table, handler)
        handler.encode_reply = _encoded


def _remote(pool: Pool, table: ClassTable, handler: HandlerTable) -> Callable[[Any, Any, Any], Any]:
    """What runs in the place of a handler: it sends the turn over there, and does here what came of it."""

    async def invoke(actor: Any, _message: Any, context: Context) -> bytes:
        turn = context._turn
        sender = context.sender
        work = Work(
            declared=table.declared,  # type: ignore[arg-type]
            kind=table.name,
            handler=handler.attribute,
            key=context.key,
            state=table.state.encode(actor),
            payload=turn.payload,
            ask=turn.ask,
            seed=turn.seed,
            now_ms=turn.now_ms,
            revision=turn.revision,
            remaining_ms=turn.remaining_ms,
            metadata=turn.metadata or [],
            sender=None if sender is None else str(sender),
        )
        done = await pool.run(work)
        if isinstance(done, Failed):
            if not turn.ask:
                LOG.error("a handler of %s/%s failed\n%s", table.name, context.key, done.stack)
            raise Refusal(done.code, done.text)
        made = table.state.decode(done.state)
        for field in actor.__struct_fields__:
            _set(actor, field, getattr(made, field))
        for told in done.told:
            await _tell(context, told)
        if done.answer:
            context.reply_metadata.update(done.answer)
        if done.passivate:
            context.passivate()
        return done.reply

    return invoke


async def _tell(context: Context, told: Told) -> None:
    if isinstance(told.kind, str):
        await context.actor(told.kind, told.key).tell(told.handler, *told.args)
    else:
        getattr(context.actor(told.kind, told.key), told.handler).tell(*told.args, **told.kwargs)


def _encoded(reply: bytes) -> bytes:
    return reply
