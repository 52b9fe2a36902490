"""Proofs that the oracle notices: faults are planted into expected results, and into what is played on OTP.

A planted change takes a rule away from what is played: a supervisor of another strategy, a link that is not made, an event that is
not postponed. What OTP gives then must differ from what is recorded, in one scenario at least; else no scenario would notice an
implementation without that rule.
"""

import json

import random_trees
from driver import Driver, Fault, build
from play import play, share
from scenarios import REFERENCE, differences


def without(*verb):
    """A change that takes commands out that begin like this."""
    return lambda steps: [step for step in steps if step[: len(verb)] != list(verb)]


def instead(old, new):
    """A change of a piece of JSON."""
    return lambda steps: json.loads(json.dumps(steps).replace(old, new))


# What never comes because of a change is not waited for as long as what must come.
PATIENCE = {"ORACLE_WAIT_MS": "1500"}

CHANGES = {
    "links are not made": without("link"),
    "links are not taken back": without("unlink"),
    "children are spawned without a link": instead('"spawn_link", "a", "b"', '"spawn_monitor", "a", "b"'),
    "exits are not trapped": without("trap"),
    "kill can be trapped": instead('"kill"]', '"killed"]'),
    "a normal exit signal ends a process": instead('"normal"]', '"shutdown"]'),
    "monitors are not set": without("monitor"),
    "monitors are not cancelled": without("demonitor"),
    "nothing is flushed": instead(', "flush"]', "]"),
    "messages get lost": without("send"),
    "names are not given": without("register"),
    "names are not given back": without("unregister"),
    "groups are not joined": without("join"),
    "groups are not left": without("leave"),
    "groups are not watched": without("watch_group"),
    "timers are not started": without("timer"),
    "timers are not cancelled": without("cancel"),
    "one_for_all is one_for_one": instead('"one_for_all"', '"one_for_one"'),
    "rest_for_one is one_for_one": instead('"rest_for_one"', '"one_for_one"'),
    "rest_for_one is one_for_all": instead('"rest_for_one"', '"one_for_all"'),
    "transient is permanent": instead('"transient"', '"permanent"'),
    "transient is temporary": instead('"transient"', '"temporary"'),
    "temporary is transient": instead('"temporary"', '"transient"'),
    "intensity counts one too few": instead('"intensity": 0', '"intensity": 1'),
    "intensity counts one too many": instead('"intensity": 3', '"intensity": 2'),
    "periods never end": instead('"period_s": 1,', '"period_s": 60,'),
    "no child is significant": instead('"significant": true', '"significant": false'),
    "all significant is any": instead('"all_significant"', '"any_significant"'),
    "any significant is all": instead('"any_significant"', '"never"'),
    "a brutal shutdown asks": instead('"shutdown": "brutal"', '"shutdown": 3000'),
    "shutdown has no end": instead('"shutdown": 30,', '"shutdown": 2900,'),
    "children cannot be added": without("start_child"),
    "children cannot be stopped": without("terminate_child"),
    "children cannot be restarted": without("restart_child"),
    "children cannot be deleted": without("delete_child"),
    "events are not postponed": instead('["postpone"]', '["next_event", "internal", "lost"]'),
    "repeated states are not entered": instead('"repeat": true', '"next": "a"'),
    "state time-outs are named ones": instead('"state_timeout", 400', '"timer", "t", 400'),
    "event time-outs are state time-outs": instead('"event_timeout"', '"state_timeout"'),
    "time-outs are not updated": instead('"update", "new"', '600, "new"'),
    "time-outs are not cancelled": instead('"state_timeout", "cancel"', '"state_timeout", 50, "cancelled"'),
    "handlers that crash stay": instead('{"crash": "boom"}', '{}'),
    "handlers are not removed": instead('"remove": true', '"remove": false'),
    "handlers are not swapped": without("swap_handler"),
    "continuations are lost": instead('"continue"', '"discontinue"'),
    "servers do not trap": instead('"trap": true', '"trap": false'),
}


# Those of them that the traces of random trees must notice as well.
TREE_CHANGES = ["one_for_all is one_for_one", "rest_for_one is one_for_all", "transient is permanent", "temporary is transient",
                "no child is significant", "intensity counts one too few", "children cannot be restarted"]
TREE_SEEDS_MAX = 100


def prove(found, results, workers):
    """Plants the faults; `results` has what OTP gave without them. Returns (noticed, missed)."""
    outcomes = {"a wrong result of any step": unnoticed_results(found, results)}
    command = build(REFERENCE)
    share(lambda: Driver(REFERENCE, command, PATIENCE), CHANGES.items(), workers,
          lambda driver, change: missed(driver, found, change), lambda name, trouble: outcomes.update({name: trouble}))
    share(lambda: Driver(REFERENCE, command, PATIENCE), [(f"random trees: {name}", CHANGES[name]) for name in TREE_CHANGES], workers,
          missed_by_trees, lambda name, trouble: outcomes.update({name: trouble}))
    for name, trouble in outcomes.items():
        print(f"{'FAILED' if trouble else 'ok':<7} noticed: {name}" + (f"\n    {trouble}" if trouble else ""), flush=True)
    failed = sum(bool(trouble) for trouble in outcomes.values())
    return len(outcomes) - failed, failed


def unnoticed_results(found, results):
    """Expects something else than OTP gave of each step in turn: None if each was noticed, and as that step."""
    missed_steps = []
    for scenario in found:
        for at in range(len(scenario.steps)):
            wrong = [["planted"] if place == at else gives for place, gives in enumerate(scenario.gives)]
            noticed = list(differences(scenario, wrong, results[scenario])) if results.get(scenario) else []
            if len(noticed) != 1 or f"step {at + 1} " not in noticed[0]:
                missed_steps.append(f"{scenario.key}, step {at + 1}")
    return f"{len(missed_steps)} steps, the first: {missed_steps[0]}" if missed_steps else None


def missed(driver, found, change):
    """Plays what a change makes of the scenarios until one gives something else: None, or why none did."""
    tried = 0
    for scenario in found:
        steps = change(scenario.steps)
        if steps == scenario.steps:
            continue
        tried += 1
        same_length = len(steps) == len(scenario.steps)
        kept = [gives for step, gives in zip(scenario.steps, scenario.gives, strict=True) if same_length or step in steps]
        try:
            if play(driver, steps) != kept:
                return None
        except Fault:
            continue
    return f"{tried} scenarios were changed, and OTP gave the same"


def missed_by_trees(driver, change):
    """Plays what a change makes of random trees until one gives something else than before: None, or why none did."""
    for seed in range(1, TREE_SEEDS_MAX + 1):
        steps = random_trees.scenario(seed)
        changed = change(steps)
        if changed != steps and play(driver, changed)[-1] != play(driver, steps)[-1]:
            return None
    return f"{TREE_SEEDS_MAX} seeds gave the same"
