"""Supervision trees of a scenario: from its data to ours, and what is asked of them.

A supervisor is data, so nothing of ours runs when it starts. Its children write its start, before their own: each looks
which supervisors are new, in the order in which they start. So does who wants to know the history.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from typing import Any

from terms import answer_of
from world import World

from everact import Child, Closed, EveractError, Supervisor, SupervisorRef

Start = Callable[[Supervisor], Awaitable[SupervisorRef]]

STATUS = {"running": "running", "restarting": "restarting", "absent": "stopped"}


def known_as(name: str) -> str:
    """The registered name of a supervisor."""
    return f"supervisor {name}"


def write_starts(world: World, child: str | None, above: list[str]) -> None:
    """Enters those supervisors that are new: above a child that starts, and before it where there is no child to do it.

    Without a child, all that are there.
    """
    for root in world.roots:
        for name, data in in_order(root, {"supervisor": world.trees[root]}):
            if name == child:
                break
            if "supervisor" in data and (child is None or name in above or is_empty(data["supervisor"])):
                enter(world, name)
    for name in above:
        enter(world, name)


def in_order(name: str, start: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """What starts in a tree, in its order: names, and how they start."""
    yield name, start
    data = start.get("supervisor", {})
    for one in data.get("children", []) if data.get("strategy") != "simple_one_for_one" else []:
        yield from in_order(one["id"], one.get("start", {}))


def is_empty(data: dict[str, Any]) -> bool:
    """Whether there is nothing but supervisors within one."""
    return all("supervisor" in start for _, start in in_order("", {"supervisor": data}))


def enter(world: World, name: str) -> None:
    """Enters a supervisor if it is there and new."""
    found = world.engine.whereis(known_as(name))
    if found is not None and world.is_new(found):
        world.enter(name, found)
        world.write("tree", f"start {name}")


def spec(name: str, data: dict[str, Any], above: list[str]) -> Supervisor:
    """A supervisor of a scenario."""
    children = data.get("children", [])
    strategy = data.get("strategy", "one_for_one")
    return Supervisor(
        strategy="dynamic" if strategy == "simple_one_for_one" else strategy,
        intensity=data.get("intensity", 1),
        period=data.get("period_s", 5),
        auto_shutdown=data.get("auto_shutdown", "never"),
        children=[child(one, [*above, name]) for one in children],
        name=known_as(name),
    )


def child(data: dict[str, Any], above: list[str]) -> Child:
    """A child of a scenario."""
    shutdown = data.get("shutdown")
    what, argument = start(data["id"], data.get("start", {}), above)
    return Child(
        what,
        argument,
        id=data["id"],
        restart=data.get("restart", "permanent"),
        shutdown=shutdown / 1000 if isinstance(shutdown, int) else shutdown,
        significant=data.get("significant", False),
        type=data.get("type"),
    )


def start(name: str, given: dict[str, Any], above: list[str]) -> tuple[Any, Any]:
    """What a child is and what it begins with."""
    from behaviours import made
    from member import Member
    from puppet import Born, puppet

    if "supervisor" in given:
        return spec(name, given["supervisor"], above), None
    if "machine" in given:
        return made("machine", name, given["machine"], above), None
    if "outcomes" in given or "server" in given:
        manner, server = given.get("manner", "plain"), given.get("server")
        return Member(name=name, above=above, outcomes=given.get("outcomes", []), manner=manner, server=server), None
    return puppet, Born(name, above=above, manner=given.get("manner", "plain"))


async def supervisor(world: World, name: str, data: dict[str, Any], begin: Start) -> Any:
    """Starts a supervisor."""
    remember(world, name, data)
    world.roots.append(name)
    try:
        made = await begin(spec(name, data, []))
    except Closed:
        raise
    except EveractError as error:
        answer = answer_of(error)
        if answer == "invalid":  # OTP says so when it has run the callback that gives the data
            world.write("tree", f"start {name}")
        return answer
    if world.is_new(made):
        world.enter(name, made)
        world.write("tree", f"start {name}")
    write_starts(world, None, [])
    return "ok"


def remember(world: World, name: str, data: dict[str, Any]) -> None:
    """Keeps the data of a supervisor and of all within it."""
    world.trees[name] = data
    for one in data.get("children", []):
        if "supervisor" in one.get("start", {}):
            remember(world, one["id"], one["start"]["supervisor"])


async def operate(world: World, verb: str, name: str, given: list[Any]) -> Any:
    """What a command to a supervisor gives."""
    process = world.process(name)
    found = world.engine.whereis(known_as(name))
    if not isinstance(found, SupervisorRef) or found != process:
        return ["failed", "noproc"]
    try:
        return await OPERATIONS[verb](world, name, found, *given)
    except EveractError as error:
        return answer_of(error)


async def count(_world: World, _name: str, of: SupervisorRef) -> Any:
    """How many children."""
    counts = await of.count()
    return {name: getattr(counts, name) for name in ("specs", "active", "supervisors", "workers")}


async def which(world: World, _name: str, of: SupervisorRef) -> Any:
    """Which children."""
    children = await of.children()
    shown = [
        [world.name(one.process) if one.id is None and one.process else one.id, STATUS[one.status], one.type]
        for one in children
    ]
    return sorted(shown)


async def start_child(world: World, name: str, of: SupervisorRef, given: Any) -> Any:
    """Starts another child."""
    if isinstance(given, str):
        template = world.trees[name]["children"][0].get("start", {})
        started = await of.start(*start(given, template, [name]))
    else:
        started = await of.start_child(child(given, [name]))
        inner = given.get("start", {}).get("supervisor")
        if inner is not None:
            remember(world, given["id"], inner)
            write_starts(world, None, [given["id"]])
    return "ok" if started is not None else "ignored"


async def terminate_child(world: World, name: str, of: SupervisorRef, child: str) -> Any:
    """Ends a child; those that are all alike are named by their process."""
    is_dynamic = world.trees[name].get("strategy") == "simple_one_for_one"
    await of.terminate_child(world.process(child) if is_dynamic else child)
    return "ok"


async def restart_child(_world: World, _name: str, of: SupervisorRef, child: str) -> Any:
    """Starts a child again."""
    return "ok" if await of.restart_child(child) is not None else "ignored"


async def delete_child(_world: World, _name: str, of: SupervisorRef, child: str) -> Any:
    """Forgets a child."""
    await of.delete_child(child)
    return "ok"


OPERATIONS: dict[str, Callable[..., Awaitable[Any]]] = {
    "count": count,
    "which": which,
    "start_child": start_child,
    "terminate_child": terminate_child,
    "restart_child": restart_child,
    "delete_child": delete_child,
}
