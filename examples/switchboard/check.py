"""Runs a language's switchboard, and adds up what it prints.

    check.py examples/switchboard/go/run.sh [ARGUMENT...]

The summary has the same form in every language. Its equations are checked again here, from the printed numbers, and
that there was something to be checked: calls of each outcome, kills of both kinds.
"""

from __future__ import annotations

import re
import subprocess
import sys

ROWS = [
    "calls begun",
    "  completed",
    "  busy",
    "  given up",
    "  killed",
    "  line lost",
    "bills",
    "calls killed by chaos",
    "lines killed by chaos",
    "lines restarted",
    "lines idle",
    "calls left in the tree",
]


def figures(printed: str) -> dict[str, int]:
    """The numbers of a summary, by the names of their rows."""
    first, *rows, verdict = printed.splitlines()[-len(ROWS) - 2 :]
    assert re.fullmatch(r"seed \d+", first), first
    assert verdict == "it adds up", verdict
    found = [re.fullmatch(r"(.{24}) *(\d+)", row) for row in rows]
    named = {row[1].rstrip(): int(row[2]) for row in found if row}
    assert list(named) == ROWS, rows
    return {name.strip(): count for name, count in named.items()}


def check(counts: dict[str, int]) -> None:
    """What must hold, whatever was killed."""
    outcomes = [counts[name] for name in ("completed", "busy", "given up", "killed", "line lost")]
    assert counts["calls begun"] == sum(outcomes)
    assert counts["bills"] == counts["completed"]
    assert counts["killed"] == counts["calls killed by chaos"]
    assert counts["lines restarted"] == counts["lines killed by chaos"]
    assert counts["calls left in the tree"] == 0
    assert counts["lines idle"] == 40
    assert all(outcomes), "each outcome is there"
    assert counts["lines killed by chaos"] > 0


def main() -> None:
    """Runs it and looks."""
    done = subprocess.run(["bash", *sys.argv[1:]], stdout=subprocess.PIPE, text=True, timeout=300, check=True)
    print(done.stdout, end="")
    check(figures(done.stdout))


if __name__ == "__main__":
    main()
