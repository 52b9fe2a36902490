"""What mypy --strict knows of an actor. Each `type: ignore` is a mistake that it finds: an unused one is an error."""

from __future__ import annotations

import pytest
from actors import Counter, Link
from typing_extensions import assert_type

from everact import Engine, InvalidPayload, Reference


async def test_a_reference_has_the_types_of_its_actors_handlers() -> None:
    async with Engine(actors=[Counter, Link]) as engine:
        counter = engine.actor(Counter, "a")
        assert_type(counter, Counter)
        assert_type(engine.actor("counter", "a"), Reference)
        assert_type(await counter.add(1), int)
        assert_type(await counter.add_plainly(1), int)
        assert_type(await counter.revision(), int)
        assert_type(await engine.actor(Link, "a").visit(["b"]), list[str])
        assert_type(await counter.with_options(deadline_ms=1000).add(1), int)
        await engine.tell(counter.add, 1)
        await counter.add.tell(1)
        await counter.with_options(metadata={"x-a": "b"}).add.tell(amount=1)
        assert_type(await counter.add(0), int)


async def test_mistakes_are_found_before_and_at_run_time() -> None:
    async with Engine(actors=[Counter]) as engine:
        counter = engine.actor(Counter, "a")
        with pytest.raises(InvalidPayload, match="amount"):
            await counter.add("one")  # type: ignore[arg-type]
        await engine.tell(counter.add, "one")  # type: ignore[arg-type]
        await counter.add.tell("one")  # type: ignore[arg-type]
        with pytest.raises(TypeError):
            await counter.get.tell(1)  # type: ignore[call-arg]
        with pytest.raises(TypeError):
            await counter.add()  # type: ignore[call-arg]
        with pytest.raises(AttributeError, match="subtract"):
            await counter.subtract(1)  # type: ignore[attr-defined]
        assert await counter.get() == 0
