"""What may be declared, and what is refused before anything opens."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from actors import Counter

from everact import (
    Actor,
    Context,
    DuplicateKind,
    Engine,
    InvalidConfiguration,
    InvalidDeclaration,
    Options,
    Retry,
    handler,
)
from everact._kinds import kind_tables
from everact.actor import kind_of


def check_refused(actor: Any, told: str) -> None:
    with pytest.raises(InvalidDeclaration, match=told) as caught:
        Engine(actors=[actor])
    assert caught.value.family == "usage"


def test_a_kind_is_named_after_its_class() -> None:
    for name, kind in (("Airport", "airport"), ("NarrowOldest", "narrow_oldest"), ("HTTPGate2Go", "http_gate2_go")):
        assert kind_of(name) == kind


def test_options_stand_in_the_head_line_and_are_inherited() -> None:
    class Base(Actor, transient=True, idle_timeout_ms=5, mailbox_capacity_messages=2, overflow="wait"):
        @handler(read_only=True)
        def first(self) -> None: ...

    class Other(Base, kind="another", overflow="drop_oldest"):
        @handler(reentrant=True, idempotent=True)
        def second(self) -> None: ...

        def activated(self) -> None: ...

    (table,) = kind_tables([Other])
    assert table.declaration() == {
        "name": "another",
        "durable": False,
        "handlers": [
            {"name": "first", "read_only": True, "reentrant": False, "idempotent": False},
            {"name": "second", "read_only": False, "reentrant": True, "idempotent": True},
        ],
        "activated": True,
        "passivating": False,
        "overflow": "drop_oldest",
        "codec": "json",
        "idle_timeout_ms": 5,
        "mailbox_capacity_messages": 2,
    }


def test_a_handler_with_two_messages_is_refused() -> None:
    class Two(Actor):
        @handler
        def move(self, left: int, right: int) -> None: ...

    check_refused(Two, r"two\.move takes more than one message \(left, right\)")


def test_a_handler_with_a_star_is_refused() -> None:
    class Star(Actor):
        @handler
        def move(self, *amounts: int) -> None: ...

    check_refused(Star, r"star\.move: parameter amounts must be an ordinary one")


def test_a_field_without_a_default_is_refused() -> None:
    class Bare(Actor):
        value: int

    check_refused(Bare, "bare: every state field needs a default")


def test_a_state_that_json_cannot_hold_is_refused() -> None:
    class Odd(Actor):
        value: complex = 0j

    check_refused(Odd, "odd: its state cannot be stored")


def test_a_message_type_that_json_cannot_hold_is_refused() -> None:
    class Odd(Actor):
        @handler
        def take(self, value: complex) -> None: ...

    check_refused(Odd, r"odd\.take, parameter value")


def test_whoever_declares_object_learns_of_any() -> None:
    class Bag(Actor):
        contents: dict[str, object] = {}

    class Taker(Actor):
        @handler
        def take(self, value: list[object]) -> None: ...

    check_refused(Bag, "state cannot be stored: object has no form in JSON; use typing.Any for any JSON value$")
    check_refused(Taker, r"taker\.take, parameter value: .*; use typing\.Any for any JSON value$")


def test_a_hook_with_a_message_is_refused() -> None:
    class Hooked(Actor):
        def activated(self, message: int) -> None: ...

    check_refused(Hooked, r"hooked\.activated is a hook and takes no message")


def test_a_reserved_handler_name_is_refused() -> None:
    class Named(Actor):
        @handler
        def _hidden(self) -> None: ...

    check_refused(Named, "named: a handler cannot have the name _hidden")


def test_a_handler_may_have_another_name_in_messages_but_not_one_twice() -> None:
    class Journal(Actor):
        entries: list[str] = []

        @handler(name="entries", read_only=True)
        def all_entries(self) -> list[str]:
            return self.entries

    class Twice(Journal):
        @handler(name="entries")
        def more(self) -> None: ...

    assert kind_tables([Journal])[0].handler("entries").attribute == "all_entries"
    check_refused(Twice, "twice: two handlers have the same name")


def test_what_is_no_actor_is_refused() -> None:
    check_refused(int, "not a subclass of Actor")


def test_the_same_kind_twice_is_refused() -> None:
    with pytest.raises(DuplicateKind, match="counter"):
        Engine(actors=[Counter, Counter])


def test_a_context_may_stand_before_or_after_the_message_or_alone() -> None:
    class Free(Actor):
        @handler
        def before(self, ctx: Context, value: int) -> None: ...

        @handler
        def after(self, value: int, ctx: Context) -> None: ...

        @handler
        def alone(self, ctx: Context) -> None: ...

    tables = kind_tables([Free])[0].by_name
    assert [tables[name].parameter for name in ("before", "after", "alone")] == ["value", "value", None]
    assert all(table.wants_context for table in tables.values())


def test_only_a_coroutine_that_can_wait_needs_a_task() -> None:
    class Mixed(Actor):
        @handler
        async def never_waits(self) -> None: ...

        @handler
        async def may_wait(self, ctx: Context) -> None:
            await ctx.actor(Mixed, "b").never_waits()

        @handler
        def plain(self) -> None: ...

    tables = kind_tables([Mixed])[0].by_name
    assert {name: table.may_suspend for name, table in tables.items()} == {
        "never_waits": False,
        "may_wait": True,
        "plain": False,
    }


async def test_a_setting_out_of_range_is_refused() -> None:
    with pytest.raises(InvalidConfiguration, match="shards"):
        async with Engine(actors=[Counter], options=Options(shards=100)):
            pass


def test_an_actor_is_an_ordinary_typed_object() -> None:
    assert Counter(value=3).value == 3
    assert msgspec.json.encode(Counter(value=3)) == b'{"value":3}'
    with pytest.raises(TypeError, match="with_options belongs to references"):
        Counter().with_options(deadline_ms=1)


@pytest.mark.parametrize(
    ("policy", "field"),
    [
        (Retry(attempts_max=0), "attempts_max"),
        (Retry(attempts_max=-1), "attempts_max"),
        (Retry(first_wait_ms=0), "first_wait_ms"),
        (Retry(first_wait_ms=50, wait_max_ms=49), "first_wait_ms"),
        (Retry(wait_max_ms=2**32), "wait_max_ms"),
        (Retry(factor=0.5), "factor"),
        (Retry(factor=float("nan")), "factor"),
        (Retry(factor=float("inf")), "factor"),
        (Retry(jitter=1.5), "jitter"),
        (Retry(not_retried=[""]), "not_retried"),
        (Retry(not_retried=[ValueError, "ValueError"]), "not_retried"),
        (Retry(on_failure="explode"), "on_failure"),  # type: ignore[arg-type]
    ],
)
async def test_a_retry_policy_that_cannot_be_used_is_refused_when_the_engine_opens(policy: Retry, field: str) -> None:
    class Desk(Actor):
        @handler(retry=policy)
        def book(self) -> None: ...

    with pytest.raises(InvalidDeclaration, match=rf"^desk\.book: retry\.{field}: "):
        async with Engine.in_memory(actors=[Desk]):
            pass
