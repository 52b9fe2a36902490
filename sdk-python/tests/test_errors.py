"""Failures: each with its own class, its name, and an engine that goes on."""

from __future__ import annotations

import asyncio
import os
import sys

import pytest
from actors import ALL, Counter, Link

import everact
from everact import Actor, Context, Deadlock, Engine, EveractError, HandlerFailed, Internal, _core, errors, handler


class Cyclic(Actor):
    turns: int = 0

    @handler
    async def ask_itself(self, ctx: Context) -> str:
        self.turns += 1
        try:
            await ctx.actor(Cyclic, ctx.key).ask_itself()
        except Deadlock as error:
            return f"{type(error).__name__}: {error.message}"
        return "no error"

    @handler
    async def leave(self, how: str) -> None:
        self.turns += 1
        if how == "exit":
            sys.exit(3)
        if how == "cancel":
            raise asyncio.CancelledError
        if how == "everact":
            raise everact.MailboxFull("of another actor")
        raise KeyError(how)

    @handler(read_only=True)
    async def count(self) -> int:
        return self.turns


async def test_a_chain_of_asks_that_comes_back_is_a_deadlock() -> None:
    async with Engine(actors=[Cyclic, *ALL]) as engine:
        told = await engine.actor(Cyclic, "a").ask_itself()
        assert told.startswith("Deadlock: ")
        assert "cyclic/a" in told
        with pytest.raises(HandlerFailed, match=r"Deadlock.*link/a.*link/b"):
            await engine.actor(Link, "a").visit(["b", "a"])
        assert await engine.actor(Link, "a").count() == 0


async def test_a_reentrant_chain_of_asks_comes_back() -> None:
    async with Engine(actors=ALL) as engine:
        assert await engine.actor(Link, "a").visit_again(["b", "a", "c"]) == ["a", "b", "a", "c"]
        assert await engine.actor(Link, "a").count() == 2


async def test_a_panic_in_the_core_is_internal_and_the_engine_goes_on() -> None:
    async with Engine(actors=ALL) as engine:
        with pytest.raises(Internal, match="provoked"):
            _core.provoke_panic()
        assert await engine.actor(Counter, "a").add(1) == 1


async def test_whatever_a_handler_raises_its_caller_gets_handler_failed() -> None:
    async with Engine(actors=[Cyclic]) as engine:
        actor = engine.actor(Cyclic, "a")
        for how, told in (
            ("exit", "SystemExit: 3"),
            ("cancel", "CancelledError: "),
            ("everact", "MailboxFull: of another actor"),
            ("key", "KeyError: 'key'"),
        ):
            with pytest.raises(HandlerFailed) as caught:
                await actor.leave(how)
            assert caught.value.message == told
            assert not caught.value.retryable
        assert await actor.count() == 0


def test_every_row_of_the_table_has_its_class() -> None:
    assert len(errors.BY_CODE) > 20
    for code, error in errors.BY_CODE.items():
        made = errors.from_code(code, "text")
        assert type(made) is error
        assert issubclass(error, EveractError)
        assert (made.code, made.name, made.message) == (code, error.__name__, "text")
        assert made.family
        assert made.next_step
        assert getattr(everact, error.__name__) is error
        assert error.__name__ in everact.__all__
    assert type(errors.from_code(65000, "x")) is Internal


def test_the_process_has_one_version() -> None:
    assert everact.__version__ == _core.version()
    assert os.path.exists(_core.__file__)
