"""The guide's samples are run: definitions first, then what is done with an engine that has all their kinds."""

from __future__ import annotations

import ast
import inspect
import re
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from everact import Engine, EventManager, Process, ProcessFunction

GUIDES = Path(__file__).resolve().parents[2] / "docs/guide"


def is_definition(part: ast.stmt) -> bool:
    """Whether a statement says what there is, and not what is done with it."""
    if isinstance(part, ast.Assign) and isinstance(part.value, ast.Call) and isinstance(part.value.func, ast.Name):
        return part.value.func.id == "EventManager"
    return isinstance(part, (ast.ImportFrom, ast.Import, ast.ClassDef, ast.AsyncFunctionDef))


@pytest.mark.parametrize("guide", ["processes.md", "behaviours.md", "supervision.md", "live.md"])
async def test_the_samples_of_a_guide_do_what_they_say(monkeypatch: pytest.MonkeyPatch, guide: str) -> None:
    blocks = re.findall(r"^```python\n(.*?)^```", (GUIDES / guide).read_text(), re.MULTILINE | re.DOTALL)
    monkeypatch.setitem(sys.modules, "guide", module := ModuleType("guide"))  # where names in annotations are found
    names: dict[str, Any] = vars(module)
    trees = [ast.parse(block) for block in blocks]
    for tree in trees:
        defines = ast.Module([part for part in tree.body if is_definition(part)], [])
        exec(compile(defines, guide, "exec"), names)
    kinds = [
        found
        for found in names.values()
        if isinstance(found, (ProcessFunction, EventManager))
        or (isinstance(found, type) and issubclass(found, Process) and found.__module__ == "guide")
    ]
    names["Engine"] = type(
        "Whole", (), {"in_memory": staticmethod(lambda processes: Engine.in_memory(processes=kinds))}
    )
    for tree in trees:
        does = ast.Module([part for part in tree.body if not is_definition(part)], [])
        code = compile(does, guide, "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
        result = eval(code, names)
        if inspect.isawaitable(result):
            await result
    assert len(blocks) > 1
    assert names["engine"]._lane is not None
