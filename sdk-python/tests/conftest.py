"""How the tests run: every coroutine test once on asyncio's own loop and once on uvloop."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable
from typing import Any

import pytest
import uvloop

LIMIT_S = 60.0
_LOOPS: dict[str, Callable[[], asyncio.AbstractEventLoop]] = {
    "asyncio": asyncio.new_event_loop,
    "uvloop": uvloop.new_event_loop,
}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if inspect.iscoroutinefunction(metafunc.function):
        metafunc.fixturenames.append("loop_name")
        metafunc.parametrize("loop_name", list(_LOOPS))


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    test = pyfuncitem.obj
    if not inspect.iscoroutinefunction(test):
        return None
    given: dict[str, Any] = {name: pyfuncitem.funcargs[name] for name in inspect.signature(test).parameters}
    loop = _LOOPS[str(pyfuncitem.callspec.params["loop_name"])]()
    try:
        loop.run_until_complete(asyncio.wait_for(test(**given), LIMIT_S))
        loop.run_until_complete(loop.shutdown_asyncgens())
    finally:
        loop.close()
    return True
