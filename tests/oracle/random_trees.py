"""Random supervision trees: scenarios of the usual form from a seed, played on OTP and on other drivers, the traces compared.

OTP plays each twice: what OTP itself does not decide must not be in them. A trace is what each step gave: after each action the
order of all starts and stops so far, how every process ended, and who runs under which supervisor. It is written to
target/oracle/random-DRIVER.jsonl, one seed a line.
"""

import json
import random

from driver import LOGS, build
from play import play_all
from scenarios import REFERENCE

DEPTH_MAX = 3
CHILDREN_MAX = 4
ACTIONS = (4, 12)
WORKERS_MIN = 6
STRATEGIES = ["one_for_one", "one_for_all", "rest_for_one"]
# How often each sort of action is taken.
ACTION_WEIGHTS = {"crash": 8, "exit": 8, "kill": 4, "kill_supervisor": 2, "terminate": 2, "restart": 3, "delete": 1, "add": 2, "alike": 3}
REASONS = ["normal", "shutdown", "shutdown:moving", "custom:tired"]


class Tree:
    """A tree that grows from a seed, and the names in it. What would race in OTP itself is left out, where it is decided."""

    def __init__(self, seed):
        self.dice = random.Random(seed)
        self.workers, self.supervisors, self.alike, self.noisy, self.owner = [], [], [], {}, {}
        self.top = self.supervisor("top", 1)

    def supervisor(self, name, depth):
        """The specification of a supervisor with all that is below it."""
        self.supervisors.append(name)
        dice = self.dice
        spec = {"strategy": dice.choice(STRATEGIES), "intensity": dice.choice([0, 1, 2, 3, 5, 8]), "period_s": 1000}
        if depth > 1 and dice.random() < 0.12:
            self.alike.append(name)
            # Children that are all alike are stopped at once, in no order: none of them writes a line when it is.
            return {**spec, "strategy": "simple_one_for_one", "children": [{"id": "any", "restart": self.restart()}]}
        if dice.random() < 0.3:
            spec["auto_shutdown"] = dice.choice(["any_significant", "all_significant"])
        children = [self.child(name, depth, "auto_shutdown" in spec) for _ in range(dice.randint(1, CHILDREN_MAX))]
        return {**spec, "children": children}

    def child(self, owner, depth, automatic):
        """One child of a supervisor: a worker or a supervisor."""
        dice = self.dice
        child = {"id": "", "restart": self.restart()}
        if automatic and child["restart"] != "permanent" and dice.random() < 0.5:
            child["significant"] = True
        if depth < DEPTH_MAX and dice.random() < 0.35:
            child["id"] = f"s{len(self.supervisors)}"
            self.owner[child["id"]] = owner
            return {**child, "type": "supervisor", "start": {"supervisor": self.supervisor(child["id"], depth + 1)}}
        child["id"] = self.worker(owner)
        return {**child, **self.manner(child["id"])}

    def worker(self, owner):
        """A new worker's name."""
        name = f"w{len(self.workers) + 1}"
        self.workers.append(name)
        self.owner[name] = owner
        return name

    def restart(self):
        """How a child is restarted."""
        return self.dice.choices(["permanent", "transient", "temporary"], [5, 3, 2])[0]

    def manner(self, name):
        """How a worker behaves when it is stopped, and how its starts come out."""
        dice = self.dice
        manner = dice.choices(["plain", "polite", "stubborn"], [10, 9, 1])[0]
        self.noisy[name] = manner != "plain"
        start = {"manner": manner}
        if dice.random() < 0.06:
            start["outcomes"] = ["ok"] + dice.choices(["custom:broken", "ignore", "ok"], k=dice.randint(1, 3)) + ["ok"]
        shutdown = 15 if manner == "stubborn" else dice.choice([None, None, "brutal", "infinity", 5000])
        return {"start": start, **({"shutdown": shutdown} if shutdown else {})}

    def is_below(self, name, supervisor):
        """Whether a child belongs to a supervisor, at any depth."""
        while name in self.owner:
            name = self.owner[name]
            if name == supervisor:
                return True
        return False

    def may_be_killed(self, supervisor):
        """The children of a killed supervisor end while their successors start: none of them may write a line, or outlive it."""
        return not any(noisy and self.is_below(name, supervisor) for name, noisy in self.noisy.items())


def action(tree):
    """The steps of one random action."""
    dice = tree.dice
    owned = [name for name in tree.owner if name not in tree.alike]
    sort = dice.choices(list(ACTION_WEIGHTS), ACTION_WEIGHTS.values())[0]
    if sort == "kill_supervisor":
        quiet = [name for name in tree.supervisors if name != "top" and tree.may_be_killed(name)]
        return [["send_exit", "z", dice.choice(quiet), "kill"]] if quiet else []
    if sort == "alike":
        return [["start_child", dice.choice(tree.alike), alike_child(tree)]] if tree.alike else []
    if sort == "add":
        able = [name for name in tree.supervisors if name not in tree.alike]
        owner = dice.choice(able)
        name = tree.worker(owner)
        return [["start_child", owner, {"id": name, "restart": tree.restart(), **tree.manner(name)}]]
    if not tree.workers:
        return []
    if sort in ("terminate", "restart", "delete"):
        name = dice.choice([name for name in owned if tree.owner[name] not in tree.alike] or ["none"])
        acts = [[f"{sort}_child", tree.owner.get(name, "top"), name]]
        # Few of those chosen at random are stopped, so that a restart would seldom do anything.
        return acts + [["restart_child", *acts[0][1:]]] if sort == "terminate" and dice.random() < 0.5 else acts
    name = dice.choice(tree.workers)
    if sort == "kill":
        return [["send_exit", "z", name, "kill"]]
    return [["crash", name, "boom"] if sort == "crash" else ["exit", name, dice.choice(REASONS)]]


def alike_child(tree):
    """A new child of a supervisor whose children are all alike."""
    name = tree.worker(tree.alike[0])
    tree.noisy[name] = False
    return name


def scenario(seed):
    """The steps of a seed."""
    tree = Tree(seed)
    settle = ["settle", *tree.supervisors]
    steps = [["spawn", "z"], ["start", "supervisor", "top", tree.top], settle]
    for _ in range(tree.dice.randint(*ACTIONS)):
        acts = action(tree)
        steps += [*acts, settle] if acts else []
    return steps


def compare(drivers, seeds, workers):
    """Plays the seeds on OTP twice and once on each other driver; returns (passed, failed)."""
    all_steps = {seed: scenario(seed) for seed in seeds}
    traces = {}
    for run, name in enumerate([REFERENCE, REFERENCE, *(name for name in drivers if name != REFERENCE)]):
        traces[run, name] = played = {}
        play_all(name, build(name), all_steps.items(), max(workers, WORKERS_MIN),
                 lambda seed, gives, fault, played=played: played.update({seed: fault or gives}))
        write(name, all_steps, played)
    failed = 0
    for seed, steps in all_steps.items():
        wanted = traces[0, REFERENCE][seed]
        troubles = [line for (run, name), played in traces.items() for line in trouble(name, run, steps, wanted, played[seed])]
        failed += bool(troubles)
        if troubles:
            print(f"FAILED seed {seed} (python3 tests/oracle random --first {seed} --seeds 1)", *troubles, sep="\n    ", flush=True)
    print(summary(traces[0, REFERENCE], all_steps))
    return len(all_steps) - failed, failed


def trouble(name, run, steps, wanted, got):
    """What is wrong with a trace: the first step that differs, or the fault."""
    if isinstance(got, str):
        yield f"{name}: {got}"
    elif isinstance(wanted, str):
        yield f"{name}: nothing to compare with"
    else:
        for at, (step, expected, given) in enumerate(zip(steps, wanted, got, strict=True)):
            if expected != given:
                place = f"{name}, run {run + 1}, step {at + 1} {json.dumps(step)}"
                yield f"{place}:\n        {json.dumps(given)}\n        expected {json.dumps(expected)}"
                return


def write(name, all_steps, played):
    """The traces of a driver."""
    LOGS.mkdir(parents=True, exist_ok=True)
    with open(LOGS / f"random-{name}.jsonl", "w", encoding="utf-8") as file:
        for seed in sorted(played):
            file.write(json.dumps({"seed": seed, "steps": all_steps[seed], "gives": played[seed]}) + "\n")


def summary(played, all_steps):
    """How much has happened in the traces, so that a generator that no longer provokes anything is seen."""
    last = [gives[-1] for gives in played.values() if isinstance(gives, list)]
    starts = sum(line.startswith("start ") for trace in last for line in trace["tree"])
    stops = sum(line.startswith("stop ") for trace in last for line in trace["tree"])
    ends = sum(len(reasons) for trace in last for reasons in trace["ended"].values())
    alive = sum("top" not in trace["ended"] for trace in last)
    actions = sum(len(steps) for steps in all_steps.values())
    return f"{len(all_steps)} trees, {actions} steps: {starts} starts, {stops} orderly stops, {ends} ends; {alive} trees still stand"
