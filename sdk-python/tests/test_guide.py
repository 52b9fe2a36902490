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

from everact import Engine, Process, ProcessFunction

GUIDE = Path(__file__).resolve().parents[2] / "docs/guide/processes.md"


async def test_the_samples_of_the_guide_to_processes_do_what_they_say(monkeypatch: pytest.MonkeyPatch) -> None:
    blocks = re.findall(r"^```python\n(.*?)^```", GUIDE.read_text(), re.MULTILINE | re.DOTALL)
    monkeypatch.setitem(sys.modules, "guide", module := ModuleType("guide"))  # where names in annotations are found
    names: dict[str, Any] = vars(module)
    trees = [ast.parse(block) for block in blocks]
    definition = (ast.ImportFrom, ast.Import, ast.ClassDef, ast.AsyncFunctionDef)
    for tree in trees:
        defines = ast.Module([part for part in tree.body if isinstance(part, definition)], [])
        exec(compile(defines, str(GUIDE), "exec"), names)
    kinds = [
        found
        for found in names.values()
        if isinstance(found, ProcessFunction)
        or (isinstance(found, type) and issubclass(found, Process) and found is not Process)
    ]
    names["Engine"] = type(
        "Whole", (), {"in_memory": staticmethod(lambda processes: Engine.in_memory(processes=kinds))}
    )
    for tree in trees:
        does = ast.Module([part for part in tree.body if not isinstance(part, definition)], [])
        code = compile(does, str(GUIDE), "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
        result = eval(code, names)
        if inspect.isawaitable(result):
            await result
    assert len(blocks) > 6
    assert names["engine"]._lane is not None
