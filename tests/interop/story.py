"""The story that everybody plays: the lines that must come out, and how a printed line is held against them."""

import json

from tools import Failed

LINES = [
    {"step": "landed", "flights": 1, "mean_delay": 12},
    {"step": "again", "flights": 2, "mean_delay": 6},
    {"step": "upload", "flights": 4, "mean_delay": 15},
    {"step": "follow", "flights": [5, 6], "mean_delays": [12, 15]},
    {"step": "late", "numbers": ["UA 1", "AF 2"]},
    {"step": "note", "flights": 6, "mean_delay": 15, "note": "fog ☁"},
    {"step": "once", "flights": [7, 7]},
    {"step": "metadata", "flights": 8, "trace": "abc!"},
    {"step": "bad", "error": "HandlerFailed", "holds": True},
    {"step": "closed", "error": "airport_closed", "minutes": "9007199254740993", "waiting": ["LH 454"]},
    {"step": "rolled_back", "flights": 8, "mean_delay": 15},
    {"step": "slow", "error": "DeadlineExceeded"},
    {"step": "no_key", "error": "InvalidArgument"},
    {"step": "clear", "flights": 0, "note": ""},
]

# Clients of other generators know no classes of ours.
OFFICIAL_LINES = [line for line in LINES if line["step"] != "closed"]


def held(printed, lines=None):
    """`Failed` with the first line that differs; numbers are compared as numbers."""
    wanted = LINES if lines is None else lines
    told = [line for line in printed.splitlines() if line.strip()]
    for at, line in enumerate(wanted):
        if at >= len(told):
            raise Failed(f"the story ended before {json.dumps(line, ensure_ascii=False)}; it told\n{printed}")
        try:
            said = json.loads(told[at])
        except ValueError:
            raise Failed(f"no JSON: {told[at]!r}") from None
        if said != line:
            raise Failed(f"wanted {json.dumps(line, ensure_ascii=False)}\n   got {told[at]}")
    if len(told) > len(wanted):
        raise Failed(f"one line too many: {told[len(wanted)]}")
