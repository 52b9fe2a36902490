"""The tree: what is started, in which order, and what begins anew together."""

from collections.abc import Sequence
from typing import Any

from billing import Clerk, Events
from call import Call
from chaos import Storm, chaos
from exchange import Exchange
from line import Line
from traffic import Day, traffic

from everact import Child, EventManager, Process, ProcessFunction, Supervisor

KINDS: Sequence[type[Process] | ProcessFunction[Any, Any] | EventManager] = [
    Events,
    Clerk,
    Line,
    Call,
    Exchange,
    chaos,
    traffic,
]


def tree(day: Day) -> Supervisor:
    """Each child needs those before it, and none of those after it: rest for one."""
    return Supervisor(
        strategy="rest_for_one",
        children=[
            Child(Events, name="events"),
            Child(Clerk, name="clerk"),
            lines(day.lines),
            Supervisor(name="calls", strategy="dynamic", children=[Child(Call, restart="temporary")]),
            Child(Exchange, name="exchange"),
            Child(chaos, Storm(day.seed, day.lines), name="chaos", restart="transient"),
            Child(traffic, day, name="traffic", restart="transient"),
        ],
    )


def lines(count: int) -> Supervisor:
    """Lines do not know one another. Chaos kills more of them in a second than OTP's one in five: it is meant to."""
    each = [Child(Line(number=n), id=f"line {n:02}", name=f"line {n:02}") for n in range(count)]
    return Supervisor(name="lines", strategy="one_for_one", intensity=1000, period=1.0, children=each)
